import { customVjp } from "../autograd";
import { amax } from "../ops/amax";
import { add, div, equal, less, mul, sub } from "../ops/binary";
import { where } from "../ops/elementwise";
import { reshape } from "../ops/reshape";
import { type ReduceOptions, reduceAttrs, sum } from "../ops/sum";
import { abs, sqrt } from "../ops/unary";
import { reduceShape, type Shape, sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import { mean } from "./mean";

export interface VarianceOptions extends ReduceOptions {
  /** Taken off the number of values in the divisor: 1 (the default) for the unbiased estimate, 0 for the population's. */
  readonly correction?: number;
}

/** Σ (x − mean)² / max(0, n − correction) over `axes` (all by default). NaN for a single value and correction 1, as in PyTorch. */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  const plan = planOf("variance", x, options);
  return customVjp(
    "variance",
    (value) => reshape(meanSquare(centered(value, plan), plan), plan.shape),
    // dx = 2 · (x − mean) / divisor · dy: the mean's own gradient cancels, and would make NaN of infinities.
    (dy, value) => [mul(reshape(dy, plan.kept), div(mul(centered(value, plan), 2), plan.divisor))],
  )(x);
}

/** √variance, without overflow or underflow in its squares; gradient 0 where it is 0. */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  const plan = planOf("std", x, options);
  return customVjp(
    "std",
    (value) => reshape(deviation(centered(value, plan), plan), plan.shape),
    (dy, value) => {
      const difference = centered(value, plan);
      const y = deviation(difference, plan);
      // dx = (x − mean) / (divisor · std) · dy
      const slope = div(difference, mul(where(equal(y, 0), 1, y), plan.divisor));
      return [mul(reshape(dy, plan.kept), where(equal(y, 0), 0, slope))];
    },
  )(x);
}

interface VariancePlan {
  readonly axes: readonly number[];
  readonly divisor: number;
  /** Shape of the result, and with the reduced axes kept as 1. */
  readonly shape: Shape;
  readonly kept: Shape;
}

function planOf(op: string, x: Tensor, { axes, keepDims = false, correction = 1 }: VarianceOptions): VariancePlan {
  const reduced = reduceAttrs(op, x, axes === undefined ? {} : { axes }).axes;
  const values = reduced.reduce((count, axis) => count * sizeAt(x.shape, axis), 1);
  const shapes = { shape: reduceShape(x.shape, reduced, keepDims), kept: reduceShape(x.shape, reduced, true) };
  return { axes: reduced, divisor: Math.max(0, values - correction), ...shapes };
}

/** x − mean. The mean gets what its rounding left out, so that equal values are exactly 0; an infinite one has no such rest. */
const centered = (x: Tensor, { axes }: VariancePlan): Tensor => {
  const nearly = mean(x, { axes, keepDims: true });
  const rest = mean(sub(x, nearly), { axes, keepDims: true });
  return sub(x, add(nearly, where(less(abs(rest), Number.POSITIVE_INFINITY), rest, 0)));
};

const meanSquare = (difference: Tensor, { axes, divisor }: VariancePlan): Tensor =>
  div(sum(mul(difference, difference), { axes, keepDims: true }), divisor);

/** √(Σ d² / divisor) as largest · √(Σ (d / largest)² / divisor). */
function deviation(difference: Tensor, plan: VariancePlan): Tensor {
  if (difference.elements === 0) return sqrt(meanSquare(difference, plan));
  const largest = amax(abs(difference.detach()), { axes: plan.axes, keepDims: true });
  const scale = where(equal(largest, 0), 1, largest);
  return mul(scale, sqrt(meanSquare(div(difference, scale), plan)));
}
