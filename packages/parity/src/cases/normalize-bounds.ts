import type { Shape } from "@vertebra/core";
import { channelOf } from "../reference/kernels/batchNormTrain";
import { Values } from "../reference/values";
import { type Bound, type BoundContext, sumBound, sumDepth, type Tolerance, within } from "../tolerance";

export interface NormAttrs {
  readonly eps: number;
}

export const axesButChannels = (shape: Shape): number[] => shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** Σ over each channel of a value per element. */
function channelSums(x: Values, value: (i: number) => number): Values {
  const channel = channelOf(x);
  const sums = new Values([x.size(1)]);
  for (let i = 0; i < x.data.length; i++) sums.add(channel(i), value(i));
  return sums;
}

const plus = (bound: Bound, error: (i: number) => number): Bound => ({
  max: bound.max.map((value, i) => value + error(i)),
  ...(bound.rms && { rms: bound.rms.map((value, i) => value + error(i) / Math.sqrt(3)) }),
});

/**
 * Mean: a sum of m terms and a division. Variance: a sum of squares of differences; a wrong mean counts only squared, since
 * Σ(x − mean) = 0. E[x²] − mean² would not keep this bound. y may be computed as x · scale + (bias − mean · scale).
 */
export const batchNormTolerance: Tolerance<NormAttrs> = {
  reason: "blocked sums for mean and variance, then y = x̂ · weight + bias or its folded form",
  bounds: (context) => {
    const { inputs, results, attrs, rounding, block } = context;
    const [x, weight, bias] = inputs as [Values, Values, Values];
    const [y, mean, variance] = results as [Values, Values, Values];
    const channel = channelOf(x);
    const m = x.data.length / x.size(1);
    const ulp = 2 * rounding;
    const absoluteMeans = channelSums(x, (i) => Math.abs(x.at(i)) / m);
    const ofMean = plus(sumBound(absoluteMeans, m, context), (c) => 2.5 * ulp * Math.abs(mean.at(c)));
    const depth = sumDepth(m, block) + 8;
    const ofVariance = within(variance, (c) => depth * rounding * variance.at(c) + (ofMean.max[c] as number) ** 2, context);
    const ofResult = (i: number): number => {
      const c = channel(i);
      const power = variance.at(c) + attrs.eps;
      const slope = Math.abs(weight.at(c)) / Math.sqrt(power);
      const relative = (0.5 * (ofVariance.max[c] as number)) / power + 4 * ulp;
      const centered = Math.abs(x.at(i) - mean.at(c));
      const folding = 2 * ulp * (Math.abs(x.at(i)) + Math.abs(mean.at(c)));
      return (
        slope * ((ofMean.max[c] as number) + folding + centered * relative) + ulp * (Math.abs(y.at(i)) + Math.abs(bias.at(c)))
      );
    };
    return [within(y, ofResult, context), ofMean, ofVariance];
  },
};

/** Sums over m values for dbias and dweight; dx has their errors divided by m and its own roundings. */
export const batchNormGradTolerance: Tolerance<NormAttrs> = {
  reason: "blocked sums for dbias and dweight, then three terms for dx",
  bounds: (context: BoundContext<NormAttrs>) => {
    const { inputs, results, attrs, rounding } = context;
    const [x, weight, mean, variance, dy] = inputs as [Values, Values, Values, Values, Values];
    const [, dweight, dbias] = results as [Values, Values, Values];
    const channel = channelOf(x);
    const m = x.data.length / x.size(1);
    const ulp = 2 * rounding;
    const invStd = variance.map((v) => 1 / Math.sqrt(v + attrs.eps));
    const normalized = (i: number) => Math.abs(x.at(i) - mean.at(channel(i))) * invStd.at(channel(i));
    // x̂ has the roundings of x − mean (perhaps folded), of invStd and of the product.
    const ofNormalized = (i: number) =>
      ulp * (5 * normalized(i) + (Math.abs(x.at(i)) + Math.abs(mean.at(channel(i)))) * invStd.at(channel(i)));
    const ofBias = sumBound(
      channelSums(x, (i) => Math.abs(dy.at(i))),
      m,
      context,
    );
    const drift = channelSums(x, (i) => Math.abs(dy.at(i)) * ofNormalized(i));
    const ofWeight = plus(
      sumBound(
        channelSums(x, (i) => Math.abs(dy.at(i)) * normalized(i)),
        m,
        context,
      ),
      (c) => drift.at(c),
    );
    const ofInput = (i: number): number => {
      const c = channel(i);
      const terms = Math.abs(dy.at(i)) + Math.abs(dbias.at(c)) / m + (normalized(i) * Math.abs(dweight.at(c))) / m;
      const sums =
        ((ofBias.max[c] as number) + normalized(i) * (ofWeight.max[c] as number) + ofNormalized(i) * Math.abs(dweight.at(c))) / m;
      return Math.abs(weight.at(c)) * invStd.at(c) * (10 * ulp * terms + sums);
    };
    return [within(x, ofInput, context), ofWeight, ofBias];
  },
};
