import { apply } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { isSameShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireExactly, requireWideFloats } from "./rules";

export interface UpdateRunningStatsAttrs {
  /** Share of the batch; null for 1 / the batches so far, which makes the statistics their plain average. */
  readonly momentum: number | null;
  /** What makes the batch's variance unbiased: m / (m − 1) for m values per channel. */
  readonly correction: number;
}

const STATISTICS = ["runningMean", "runningVar", "mean", "variance"];

export const updateRunningStatsOp = defineOp<UpdateRunningStatsAttrs>()({
  name: "updateRunningStats",
  inputs: ["runningMean", "runningVar", "mean", "variance", "count"],
  optional: 1,
  outputs: [],
  infer: (specs, { momentum }) => {
    const [first, ...others] = specs.slice(0, 4) as [TensorSpec, ...TensorSpec[]];
    const count = specs[4];
    requireWideFloats("updateRunningStats", STATISTICS, [first, ...others]);
    if (first.shape.length !== 1 || others.some(({ shape }) => !isSameShape(shape, first.shape))) {
      const got = [first, ...others].map(({ shape }) => formatShape(shape)).join(", ");
      throw new ShapeError("updateRunningStats", { rule: `${STATISTICS.join(", ")} must have one shape [C]`, got });
    }
    if (count) requireExactly("updateRunningStats", "count", count, "i32");
    if (count ? count.shape.length > 0 : momentum === null) {
      const rule = count ? "count must be a scalar" : "count must be given where momentum is null";
      throw new ShapeError("updateRunningStats", { rule, got: count ? formatShape(count.shape) : "none" });
    }
    return [];
  },
  vjp: null,
  mutates: [0, 1, 4],
});

/**
 * The statistics [C] that batch norm keeps for evaluation, moved towards a batch's in place; count, an i32 scalar, is advanced first.
 * runningMean = (1 − s) · runningMean + s · mean, runningVar = (1 − s) · runningVar + s · correction · variance with s = momentum
 * or 1 / count. Source: Ioffe & Szegedy 2015; PyTorch's `momentum`.
 */
export function updateRunningStats(
  running: { readonly mean: Tensor; readonly variance: Tensor; readonly count?: Tensor | null | undefined },
  batch: { readonly mean: Tensor; readonly variance: Tensor },
  attrs: UpdateRunningStatsAttrs,
): void {
  const statistics = [running.mean, running.variance, batch.mean, batch.variance];
  apply(updateRunningStatsOp, running.count ? [...statistics, running.count] : statistics, attrs);
}
