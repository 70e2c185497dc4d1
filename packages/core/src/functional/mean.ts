import { div } from "../ops/binary";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { sizeAt } from "../shape";
import type { Tensor } from "../tensor";

/** Mean over `axes` (all by default); NaN over an empty axis, as in PyTorch. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes } = reduceAttrs("mean", x, options);
  const values = axes.reduce((count, axis) => count * sizeAt(x.shape, axis), 1);
  return div(sum(x, options), values);
}
