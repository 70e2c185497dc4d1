import type { KernelTable } from "@vertebra/core";
import type { GpuOperand, Plan } from "../launch";
import { softmaxLaunches } from "./softmax";

/** y = x − max − log Σ exp(x − max) along `axis`. */
export const logSoftmax: Plan<KernelTable["logSoftmax"]> = ([x], [y], { axis }, limits) =>
  softmaxLaunches([x, y] as [GpuOperand, GpuOperand], axis, true, limits);
