import { apply } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { requireRank, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { reshape } from "./reshape";
import { requireFloats } from "./rules";
import { scatterAdd } from "./scatterAdd";
import type { Windows } from "./windows";

export interface MaxPool2dAttrs {
  readonly rows: Windows;
  readonly columns: Windows;
}

export const maxPool2dOp = defineOp<MaxPool2dAttrs>()({
  name: "maxPool2d",
  inputs: ["x"],
  outputs: ["y", "indices"],
  infer: ([x], { rows, columns }) => {
    const { shape, dtype } = requirePlanes("maxPool2d", x as TensorSpec, rows, columns);
    const pooled = [shape[0], shape[1], rows.starts.length, columns.starts.length];
    return [
      { shape: pooled, dtype },
      { shape: pooled, dtype: "i32" },
    ];
  },
  vjp: {
    x: {
      saves: ["indices"],
      grad: ({ dy, saved, spec }) => {
        // Each output has one winner: scatter over the flattened plane. [N, C, Ho·Wo] → [N, C, H·W]
        const [n, c, h, w] = spec(0).shape as [number, number, number, number];
        const flat = [n, c, dy.elements / Math.max(n * c, 1)];
        const dx = scatterAdd(reshape(dy, flat), reshape(saved("indices"), flat), { axis: 2, shape: [n, c, h * w] });
        return reshape(dx, [n, c, h, w]);
      },
    },
  },
});

/** A float [N, C, H, W] whose planes are what the windows were made for. */
export function requirePlanes(
  op: string,
  x: TensorSpec,
  rows: Windows,
  columns: Windows,
): { shape: [number, number]; dtype: TensorSpec["dtype"] } {
  const dtype = requireFloats(op, ["x"], [x]);
  requireRank(op, "x", x, 4, "[N, C, H, W]");
  const [n, c, h, w] = x.shape as [number, number, number, number];
  if (h !== rows.inputSize || w !== columns.inputSize) {
    throw new ShapeError(op, {
      rule: `x must be ${rows.inputSize} × ${columns.inputSize}, as the windows are`,
      got: formatShape(x.shape),
    });
  }
  return { shape: [n, c], dtype };
}

/**
 * Largest value of each window and where it stood (h · W + w). x [N, C, H, W] → y, indices i32 [N, C, Ho, Wo].
 * NaN wins, the last one of a window; of equal values the first. As in PyTorch.
 */
export const maxPool2dWindows = (x: Tensor, rows: Windows, columns: Windows): { y: Tensor; indices: Tensor } => {
  const [y, indices] = apply(maxPool2dOp, [x], { rows, columns }) as [Tensor, Tensor];
  return { y, indices };
};
