import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";

/** Running statistics moved towards a batch's, in place; the count may be missing. */
export const updateRunningStats: Plan<KernelTable["updateRunningStats"]> = (inputs, _outputs, { momentum, correction }) => {
  const [runningMean, runningVar, mean, variance, count] = inputs as [
    CpuOperand,
    CpuOperand,
    CpuOperand,
    CpuOperand,
    CpuOperand?,
  ];
  return {
    entry: "updateRunningStats",
    ints: [
      ...[runningMean, runningVar, mean, variance].map(({ pointer }) => pointer),
      count?.pointer ?? 0,
      product(mean.shape),
      Number(momentum === null),
    ],
    floats: [momentum ?? 0, correction],
  };
};
