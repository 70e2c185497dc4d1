import { apply1 } from "../apply";
import { defineOp } from "../op";
import type { Shape, TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { slice } from "./slice";

export interface SliceGradAttrs {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
  /** Shape of what was sliced. */
  readonly shape: Shape;
}

export const sliceGradOp = defineOp<SliceGradAttrs>()({
  name: "sliceGrad",
  inputs: ["dy"],
  outputs: ["dx"],
  moves: true,
  infer: ([dy], { shape }) => [{ shape, dtype: (dy as TensorSpec).dtype }],
  vjp: { dy: { saves: [], grad: ({ dy: ddx, spec, attrs }) => slice(ddx, attrs.starts, spec(0).shape, attrs.steps) } },
});

/** Gradient of `slice`: zeros of `shape` with dy where the slice was taken. */
export const sliceGrad = (dy: Tensor, attrs: SliceGradAttrs): Tensor => apply1(sliceGradOp, [dy], attrs);
