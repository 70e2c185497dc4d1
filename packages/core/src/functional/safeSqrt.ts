import { equal } from "../ops/binary";
import { where } from "../ops/elementwise";
import { sqrt } from "../ops/unary";
import type { Tensor } from "../tensor";

/** √x whose gradient is 0, not infinite, where x = 0: the subgradient PyTorch takes for norms and standard deviations. */
export function safeSqrt(x: Tensor): Tensor {
  const isZero = equal(x, 0);
  return where(isZero, 0, sqrt(where(isZero, 1, x)));
}
