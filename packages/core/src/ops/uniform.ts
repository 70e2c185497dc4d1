import { apply1 } from "../apply";
import { defineOp } from "../op";
import type { Shape, TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireExactly } from "./rules";

export interface UniformAttrs {
  readonly shape: Shape;
  readonly dtype: "f32" | "f64";
}

export const uniformOp = defineOp<UniformAttrs>()({
  name: "uniform",
  inputs: ["state"],
  outputs: ["y"],
  infer: ([state], { shape, dtype }) => {
    requireExactly("uniform", "state", state as TensorSpec, "i32");
    return [{ shape, dtype }];
  },
  vjp: null,
  mutates: [0],
});

/**
 * Uniform numbers in [0, 1) with 24 bits, the same on every device: Philox4x32-10 (Salmon et al. 2011) over `state`, an i32
 * tensor [seed low, seed high, stream, counter]. Element i is word i mod 4 of philox(counter = [counter + i div 4, 0, stream,
 * 0], key = [seed low, seed high]), shifted right by 8 and divided by 2²⁴. Advances counter by ⌈elements / 4⌉.
 */
export const uniform = (state: Tensor, attrs: UniformAttrs): Tensor => apply1(uniformOp, [state], attrs);
