import { customVjp } from "../autograd";
import { amax } from "../ops/amax";
import { div, equal, mul, notEqual, pow } from "../ops/binary";
import { where } from "../ops/elementwise";
import { reshape } from "../ops/reshape";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { toDtype } from "../ops/toDtype";
import { abs, sign } from "../ops/unary";
import { reduceShape } from "../shape";
import type { Tensor } from "../tensor";
import { amin } from "./amin";
import { safeSqrt } from "./safeSqrt";

export interface NormOptions extends ReduceOptions {
  /** Order: 2 (the default), 1, 0 (how many are not 0), ±Infinity (largest or smallest magnitude) or any other number. */
  readonly p?: number;
}

/** (Σ |x|ᵖ)^(1/p) over `axes` (all by default). The gradient where x or the norm is 0 is 0. */
export function norm(x: Tensor, { p = 2, ...options }: NormOptions = {}): Tensor {
  switch (p) {
    case 2:
      return safeSqrt(sum(mul(x, x), options));
    case 1:
      return sum(abs(x), options);
    case 0:
      return sum(toDtype(notEqual(x, 0), x.dtype), options);
    case Number.POSITIVE_INFINITY:
      return amax(abs(x), options);
    case Number.NEGATIVE_INFINITY:
      return amin(abs(x), options);
    default:
      return normOfOrder(x, p, options);
  }
}

function normOfOrder(x: Tensor, p: number, { axes, keepDims = false }: ReduceOptions): Tensor {
  const reduced = reduceAttrs("norm", x, axes === undefined ? {} : { axes }).axes;
  const total = (value: Tensor) => pow(sum(pow(abs(value), p), { axes: reduced, keepDims: true }), 1 / p);
  return customVjp(
    "norm",
    (value) => reshape(total(value), reduceShape(value.shape, reduced, keepDims)),
    // dx = sign(x) · (|x| / y)^(p − 1) · dy
    (dy, value) => {
      const y = total(value);
      const isZero = equal(value, 0);
      const slope = mul(sign(value), pow(div(where(isZero, 1, abs(value)), y), p - 1));
      return [where(isZero, 0, mul(slope, reshape(dy, y.shape)))];
    },
  )(x);
}
