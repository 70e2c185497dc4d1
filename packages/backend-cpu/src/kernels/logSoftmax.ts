import type { KernelTable } from "@vertebra/core";
import type { CpuOperand, Plan } from "../launch";
import { planSoftmax } from "./softmax";

/** y = x − max − log Σ exp(x − max) along `axis`. */
export const logSoftmax: Plan<KernelTable["logSoftmax"]> = ([x], [y], { axis }, workers) =>
  planSoftmax("logSoftmax", [x, y] as [CpuOperand, CpuOperand], axis, workers);
