import type { FusedActivation } from "@vertebra/core";
import { activationBounds } from "../cases/activation-bounds";
import type { Values } from "../reference/values";
import type { Bound, Precision } from "../tolerance";

/** What a fused kernel should give, and how far off it may be. */
export interface Finished {
  readonly result: Values;
  readonly bound: Bound;
}

export const ACTIVATIONS: { readonly [K in FusedActivation]: (x: number) => number } = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** activation(sums), where the sums may be off by `ofSums`. silu's slope is at most 1.1, the others' 1. */
export function activated(sums: Values, ofSums: Bound, activation: FusedActivation, precision: Precision): Finished {
  const result = sums.map(ACTIVATIONS[activation]);
  if (activation !== "silu") return { result, bound: { max: ofSums.max } };
  const ulp = 2 * precision.rounding;
  const max = ofSums.max.map((ofSum, i) => {
    const own = activationBounds.silu.error({ a: sums.at(i), y: result.at(i), b: 0, params: {} });
    return 1.1 * ofSum + ulp * own;
  });
  return { result, bound: { max } };
}
