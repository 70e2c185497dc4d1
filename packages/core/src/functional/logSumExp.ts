import { customVjp } from "../autograd";
import { amax } from "../ops/amax";
import { add, equal, mul, sub } from "../ops/binary";
import { where } from "../ops/elementwise";
import { reshape } from "../ops/reshape";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { abs, exp, log } from "../ops/unary";
import { reduceShape } from "../shape";
import type { Tensor } from "../tensor";

/** log Σ eˣ over `axes` (all by default), as max + log Σ e^(x − max). @throws ShapeError if an axis reduced over is empty. */
export function logSumExp(x: Tensor, { axes, keepDims = false }: ReduceOptions = {}): Tensor {
  const reduced = reduceAttrs("logSumExp", x, axes === undefined ? {} : { axes }).axes;
  const total = (value: Tensor): Tensor => {
    const shift = zeroIfInfinite(amax(value.detach(), { axes: reduced, keepDims: true }));
    return add(log(sum(exp(sub(value, shift)), { axes: reduced, keepDims: true })), shift);
  };
  const shape = reduceShape(x.shape, reduced, keepDims);
  return customVjp(
    "logSumExp",
    (value) => reshape(total(value), shape),
    // dx = e^(x − y) · dy
    (dy, value) => [mul(exp(sub(value, zeroIfInfinite(total(value)))), reshape(dy, reduceShape(x.shape, reduced, true)))],
  )(x);
}

/** An infinite maximum would make ∞ − ∞ of itself. */
const zeroIfInfinite = (x: Tensor): Tensor => where(equal(abs(x), Number.POSITIVE_INFINITY), 0, x);
