import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { normalizeAxis, type Shape, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireExactly } from "./rules";
import { scatterAdd } from "./scatterAdd";

export interface GatherAttrs {
  readonly axis: number;
}

export const gatherOp = defineOp<GatherAttrs>()({
  name: "gather",
  inputs: ["x", "indices"],
  outputs: ["y"],
  moves: true,
  infer: (specs, { axis }) => {
    const [x, indices] = specs as [TensorSpec, TensorSpec];
    requireIndices("gather", "x", x.shape, indices, axis);
    return [{ shape: indices.shape, dtype: x.dtype }];
  },
  vjp: {
    x: {
      saves: ["indices"],
      grad: ({ dy, saved, spec, attrs: { axis } }) => scatterAdd(dy, saved("indices"), { axis, shape: spec(0).shape }),
    },
    indices: null,
  },
});

/** Indices must be i32, of the data's rank, and no larger than it off `axis`. */
export function requireIndices(op: string, name: string, shape: Shape, indices: TensorSpec, axis: number): void {
  requireExactly(op, "indices", indices, "i32");
  const fits = indices.shape.length === shape.length && indices.shape.every((size, i) => i === axis || size <= sizeAt(shape, i));
  if (fits) return;
  throw new ShapeError(op, {
    rule: `indices must have ${name}'s rank and no larger sizes off axis ${axis}`,
    got: `indices ${formatShape(indices.shape)} and ${name} ${formatShape(shape)}`,
  });
}

/**
 * y[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on; result in the shape of `indices` (i32).
 * An index out of range is an error where the device can tell (cpu), else gives NaN.
 */
export const gather = (x: Tensor, indices: Tensor, axis: number): Tensor =>
  apply1(gatherOp, [x, indices], { axis: normalizeAxis("gather", axis, x.shape.length) });
