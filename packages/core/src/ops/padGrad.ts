import { apply1 } from "../apply";
import { defineOp } from "../op";
import type { Shape, TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { type PadMode, pad } from "./pad";

export interface PadGradAttrs {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: PadMode;
  /** Shape of what was padded. */
  readonly shape: Shape;
}

export const padGradOp = defineOp<PadGradAttrs>()({
  name: "padGrad",
  inputs: ["dy"],
  outputs: ["dx"],
  infer: ([dy], { shape }) => [{ shape, dtype: (dy as TensorSpec).dtype }],
  // Linear: the transpose of the transpose. A constant border has no influence, so it is padded with 0.
  vjp: { dy: { saves: [], grad: ({ dy: ddx, attrs: { before, after, mode } }) => pad(ddx, before, after, { mode }) } },
});

/** Gradient of `pad`: each element of x gets the sum of dy over all places it was copied to. */
export const padGrad = (dy: Tensor, attrs: PadGradAttrs): Tensor => apply1(padGradOp, [dy], attrs);
