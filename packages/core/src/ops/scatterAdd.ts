import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { isSameShape, type Shape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { gather, requireIndices } from "./gather";
import { requireFloats } from "./rules";

export interface ScatterAddAttrs {
  readonly axis: number;
  /** Shape of the result. */
  readonly shape: Shape;
}

export const scatterAddOp = defineOp<ScatterAddAttrs>()({
  name: "scatterAdd",
  inputs: ["values", "indices"],
  outputs: ["y"],
  infer: (specs, { axis, shape }) => {
    const [values, indices] = specs as [TensorSpec, TensorSpec];
    const dtype = requireFloats("scatterAdd", ["values"], [values]);
    requireIndices("scatterAdd", "the result", shape, indices, axis);
    if (!isSameShape(values.shape, indices.shape)) {
      throw new ShapeError("scatterAdd", {
        rule: "values and indices must have one shape",
        got: `${formatShape(values.shape)} and ${formatShape(indices.shape)}`,
      });
    }
    return [{ shape, dtype }];
  },
  vjp: {
    values: { saves: ["indices"], grad: ({ dy, saved, attrs: { axis } }) => gather(dy, saved("indices"), axis) },
    indices: null,
  },
});

/** Zeros of `shape` with values[i, j, k] added at [i, indices[i, j, k], k] for axis 1, and so on, in order. */
export const scatterAdd = (values: Tensor, indices: Tensor, attrs: ScatterAddAttrs): Tensor =>
  apply1(scatterAddOp, [values, indices], attrs);
