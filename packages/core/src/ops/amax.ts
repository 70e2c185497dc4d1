import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { reduceShape, type Shape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { div, equal, mul } from "./binary";
import { reshape } from "./reshape";
import { requireNumbers } from "./rules";
import { type ReduceAttrs, type ReduceOptions, reduceAttrs, sum } from "./sum";
import { toDtype } from "./toDtype";

export const amaxOp = defineOp<ReduceAttrs>()({
  name: "amax",
  inputs: ["x"],
  outputs: ["y"],
  infer: ([x], { axes, keepDims }) => {
    const spec = x as TensorSpec;
    requireNonEmpty("amax", spec.shape, axes);
    return [{ shape: reduceShape(spec.shape, axes, keepDims), dtype: requireNumbers("amax", ["x"], [spec]) }];
  },
  vjp: {
    // Ties share the gradient equally, as in PyTorch.
    x: {
      saves: ["x", "y"],
      grad: ({ dy, saved, spec, attrs }) => {
        const kept = reduceShape(spec(0).shape, attrs.axes, true);
        const isLargest = toDtype(equal(saved("x"), reshape(saved("y"), kept)), dy.dtype);
        return mul(isLargest, div(reshape(dy, kept), sum(isLargest, { axes: attrs.axes, keepDims: true })));
      },
    },
  },
});

/** @throws ShapeError if an axis reduced over is empty, where the reduction has no neutral value. */
export function requireNonEmpty(op: string, shape: Shape, axes: readonly number[]): void {
  if (axes.every((axis) => shape[axis] !== 0)) return;
  throw new ShapeError(op, {
    rule: "axes reduced over must not be empty",
    got: `${formatShape(shape)} over axes ${formatShape(axes)}`,
  });
}

/** Largest value over `axes`; NaN if there is one. @throws ShapeError if an axis reduced over is empty. */
export const amax = (x: Tensor, options: ReduceOptions = {}): Tensor => apply1(amaxOp, [x], reduceAttrs("amax", x, options));
