import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { broadcastShapes, isSameShape, type Shape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";

export interface ExpandAttrs {
  readonly shape: Shape;
}

export const expandOp = defineOp<ExpandAttrs>()({
  name: "expand",
  inputs: ["x"],
  outputs: ["y"],
  moves: true,
  infer: ([x], { shape }) => {
    const spec = x as TensorSpec;
    if (!isSameShape(broadcastShapes("expand", spec.shape, shape), shape)) {
      throw new ShapeError("expand", {
        rule: "shape must be one that x broadcasts to",
        got: `${formatShape(spec.shape)} and ${formatShape(shape)}`,
      });
    }
    return [{ shape, dtype: spec.dtype }];
  },
  // The tape sums what was broadcast.
  vjp: { x: { saves: [], grad: ({ dy }) => dy } },
});

/** Repeats axes of size 1 (and missing leading ones) up to `shape`; a copy. */
export const expand = (x: Tensor, shape: Shape): Tensor => (isSameShape(x.shape, shape) ? x : apply1(expandOp, [x], { shape }));
