import { amax } from "../ops/amax";
import { equal, mul, notEqual, pow } from "../ops/binary";
import { where } from "../ops/elementwise";
import { type ReduceOptions, sum } from "../ops/sum";
import { toDtype } from "../ops/toDtype";
import { abs } from "../ops/unary";
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
      return p > 0 ? safePow(sum(safePow(abs(x), p), options), 1 / p) : pow(sum(pow(abs(x), p), options), 1 / p);
  }
}

/** xᵖ for x ≥ 0 and p > 0, with gradient 0 where x = 0. */
function safePow(x: Tensor, p: number): Tensor {
  const isZero = equal(x, 0);
  return where(isZero, 0, pow(where(isZero, 1, x), p));
}
