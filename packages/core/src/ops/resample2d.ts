import { apply1 } from "../apply";
import { defineOp } from "../op";
import type { TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requirePlanes } from "./maxPool2d";
import { transposeWindows, type WeightedWindows } from "./windows";

export interface Resample2dAttrs {
  readonly rows: WeightedWindows;
  readonly columns: WeightedWindows;
}

export const resample2dOp = defineOp<Resample2dAttrs>()({
  name: "resample2d",
  inputs: ["x"],
  outputs: ["y"],
  infer: ([x], { rows, columns }) => {
    const { shape, dtype } = requirePlanes("resample2d", x as TensorSpec, rows, columns);
    return [{ shape: [...shape, rows.starts.length, columns.starts.length], dtype }];
  },
  vjp: {
    // Linear: the gradient is the transposed map.
    x: {
      saves: [],
      grad: ({ dy, attrs: { rows, columns } }) => resample2d(dy, transposeWindows(rows), transposeWindows(columns)),
    },
  },
});

/**
 * Separable linear map over height and width: y[i, j] = Σ rows[i, h] · columns[j, w] · x[h, w]; x [N, C, H, W] →
 * [N, C, Ho, Wo]. All average pooling and all resizing, and their gradients, are this one op with different weights.
 */
export const resample2d = (x: Tensor, rows: WeightedWindows, columns: WeightedWindows): Tensor =>
  apply1(resample2dOp, [x], { rows, columns });
