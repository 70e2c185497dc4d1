import { customVjp } from "../autograd";
import { amax } from "../ops/amax";
import { add, equal, mul, sub } from "../ops/binary";
import { where } from "../ops/elementwise";
import { reshape } from "../ops/reshape";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { abs, exp, log } from "../ops/unary";
import { reduceShape } from "../shape";
import type { Tensor } from "../tensor";

/** log Σ eˣ over `axes` (all by default), as max + log Σ e^(x − max); −∞ over an empty axis. */
export function logSumExp(x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
  const reduced = reduceAttrs("logSumExp", x, axes === undefined ? {} : { axes }).axes;
  const total = (value: Tensor): Tensor => {
    if (value.elements === 0) return log(sum(value, { axes: reduced, keepDims: true }));
    const largest = amax(value.detach(), { axes: reduced, keepDims: true });
    // An infinite maximum would make ∞ − ∞ of itself.
    const shift = where(equal(abs(largest), Number.POSITIVE_INFINITY), 0, largest);
    return add(log(sum(exp(sub(value, shift)), { axes: reduced, keepDims: true })), shift);
  };
  const shape = reduceShape(x.shape, reduced, keepDims);
  return customVjp(
    "logSumExp",
    (value) => reshape(total(value), shape),
    // dx = e^(x − y) · dy, and 0 where all are −∞
    (dy, value) => {
      const y = total(value);
      const share = exp(sub(value, where(equal(y, Number.NEGATIVE_INFINITY), 0, y)));
      return [mul(share, reshape(dy, y.shape))];
    },
  )(x);
}
