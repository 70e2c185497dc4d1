import { amax } from "../ops/amax";
import { add, equal, sub } from "../ops/binary";
import { where } from "../ops/elementwise";
import { reshape } from "../ops/reshape";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { abs, exp, log } from "../ops/unary";
import type { Tensor } from "../tensor";

/** log Σ eˣ over `axes` (all by default), as max + log Σ e^(x − max). @throws ShapeError if an axis reduced over is empty. */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { axes } = reduceAttrs("logSumExp", x, options);
  const largest = amax(x.detach(), { axes, keepDims: true });
  // An infinite maximum would make ∞ − ∞ of itself.
  const shift = where(equal(abs(largest), Number.POSITIVE_INFINITY), 0, largest);
  const total = log(sum(exp(sub(x, shift)), { ...options, axes }));
  return add(total, reshape(shift, total.shape));
}
