import type { KernelTable } from "@vertebra/core";
import type { Meaning, Values } from "../values";
import { zip } from "./steps";

/** count + 1; running = (1 − s) · running + s · batch with s = momentum or 1 / count, the variance made unbiased. */
export const updateRunningStats: Meaning<KernelTable["updateRunningStats"]> = (
  { attrs: { momentum, correction } },
  runningMean,
  runningVar,
  mean,
  variance,
  count?,
) => {
  const batches = count?.map((before) => before + 1);
  const share = momentum ?? 1 / (batches?.at(0) as number);
  const towards = (running: Values, batch: Values, factor: number) =>
    zip(running, batch, (r, b) => (1 - share) * r + share * factor * b);
  const next = [towards(runningMean, mean, 1), towards(runningVar, variance, correction)];
  return batches ? [...next, batches] : next;
};
