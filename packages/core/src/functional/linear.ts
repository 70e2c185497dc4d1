import { formatShape, ShapeError } from "../errors";
import { add } from "../ops/binary";
import { matmul } from "../ops/matmul";
import { toDtype } from "../ops/toDtype";
import { sizeAt } from "../shape";
import type { Tensor } from "../tensor";

/** y = x · weightᵀ + bias; x [..., K], weight [N, K], bias [N] → [..., N]. @throws ShapeError if K differs. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  const features = x.shape.at(-1);
  if (x.shape.length < 1 || features !== sizeAt(weight.shape, 1)) {
    throw new ShapeError("linear", {
      rule: `x's last axis must be inFeatures = ${weight.shape[1]}`,
      got: `x ${formatShape(x.shape)} and weight ${formatShape(weight.shape)}`,
    });
  }
  // [rows, K] · [N, K]ᵀ → [rows, N]
  const rows = x.shape.length === 2 ? x : x.reshape([x.elements / Math.max(features, 1), features]);
  const product = matmul(rows, weight, { transB: true });
  const y = bias ? add(product, toDtype(bias, product.dtype)) : product;
  return y.reshape([...x.shape.slice(0, -1), sizeAt(weight.shape, 0)]);
}
