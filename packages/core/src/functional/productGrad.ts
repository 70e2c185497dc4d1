import { mul } from "../ops/binary";
import { concat } from "../ops/concat";
import { permute } from "../ops/permute";
import { prod } from "../ops/prod";
import { reshape } from "../ops/reshape";
import { sliceAxis } from "../ops/slice";
import { countElements, sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import { ones } from "./creation";

/**
 * Gradient of `prod` made of differentiable ops, for second derivatives: dx_i = dy · Π_{j≠i} x_j. Quadratic in the number of
 * factors. dy has size 1 on `axes`.
 */
export function productGrad(x: Tensor, dy: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const moved = permute(x, order);
  const rows = countElements(kept.map((axis) => sizeAt(x.shape, axis)));
  const factors = countElements(axes.map((axis) => sizeAt(x.shape, axis)));
  if (rows * factors === 0) return x.detach();
  const flat = reshape(moved, [rows, factors]);
  const one = ones([rows, 1], x);
  // Π of the others = (all before) · (all after), with 1 in the place of the factor itself.
  const others = Array.from({ length: factors }, (_, i) =>
    prod(concat([sliceAxis(flat, 1, 0, i), one, sliceAxis(flat, 1, i + 1, factors)], 1), { axes: 1, keepDims: true }),
  );
  const dx = mul(concat(others, 1), reshape(permute(dy, order), [rows, 1]));
  return permute(
    reshape(dx, moved.shape),
    order.map((_, axis) => order.indexOf(axis)),
  );
}
