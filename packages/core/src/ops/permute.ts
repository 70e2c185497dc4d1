import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";

export interface PermuteAttrs {
  /** axes[i] is the axis of x that becomes axis i. */
  readonly axes: readonly number[];
}

export const permuteOp = defineOp<PermuteAttrs>()({
  name: "permute",
  inputs: ["x"],
  outputs: ["y"],
  moves: true,
  infer: ([x], { axes }) => {
    const spec = x as TensorSpec;
    return [{ shape: axes.map((axis) => sizeAt(spec.shape, axis)), dtype: spec.dtype }];
  },
  vjp: {
    x: {
      saves: [],
      grad: ({ dy, attrs: { axes } }) =>
        permute(
          dy,
          axes.map((_, axis) => axes.indexOf(axis)),
        ),
    },
  },
});

/** Reorders the axes; a copy. `permute(x, [0, 2, 3, 1])` turns NCHW into NHWC. @throws ShapeError unless each axis stands once. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const rank = x.shape.length;
  const positive = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  const isPermutation =
    positive.length === rank && positive.every((axis) => axis >= 0 && axis < rank) && new Set(positive).size === rank;
  if (!isPermutation) {
    throw new ShapeError("permute", { rule: `axes must hold each of 0 to ${rank - 1} once`, got: formatShape(axes) });
  }
  return positive.every((axis, i) => axis === i) ? x : apply1(permuteOp, [x], { axes: positive });
}
