import { div, mul, sub } from "../ops/binary";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import { mean } from "./mean";
import { safeSqrt } from "./safeSqrt";

export interface VarianceOptions extends ReduceOptions {
  /** Taken off the number of values in the divisor: 1 (the default) for the unbiased estimate, 0 for the population's. */
  readonly correction?: number;
}

/** Σ (x − mean)² / max(0, n − correction) over `axes` (all by default). NaN for a single value and correction 1, as in PyTorch. */
export function variance(x: Tensor, { axes, keepDims = false, correction = 1 }: VarianceOptions = {}): Tensor {
  const reduced = reduceAttrs("variance", x, axes === undefined ? {} : { axes }).axes;
  const values = reduced.reduce((count, axis) => count * sizeAt(x.shape, axis), 1);
  const centered = sub(x, mean(x, { axes: reduced, keepDims: true }));
  return div(sum(mul(centered, centered), { axes: reduced, keepDims }), Math.max(0, values - correction));
}

/** √variance, with gradient 0 where it is 0. */
export const std = (x: Tensor, options: VarianceOptions = {}): Tensor => safeSqrt(variance(x, options));
