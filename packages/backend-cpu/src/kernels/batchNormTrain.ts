import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Launch, Plan } from "../launch";
import { tasksFor } from "./axes";

/** y, mean, variance of a batch. */
export const batchNormTrain: Plan<KernelTable["batchNormTrain"]> = (inputs, outputs, { eps }, workers) =>
  planByChannel("batchNormTrain", [...inputs, ...outputs], eps, workers);

/** The launch of a kernel over the channels of `operands[0]`, x seen as [N, C, inner]. */
export function planByChannel(entry: string, operands: readonly CpuOperand[], eps: number, workers: number): Launch | null {
  const { shape } = operands[0] as CpuOperand;
  const elements = product(shape);
  if (elements === 0) return null;
  const [n, c] = shape as [number, number];
  const pointers = operands.map(({ pointer }) => pointer);
  return { entry, ints: [...pointers, n, c, elements / (n * c), Math.min(c, tasksFor(elements, workers))], floats: [eps] };
}
