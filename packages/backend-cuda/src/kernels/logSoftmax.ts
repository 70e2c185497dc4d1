import type { KernelTable } from "@vertebra/core";
import type { CudaOperand, Plan } from "../launch";
import { softmaxLaunches } from "./softmax";

/** y = x − max − log Σ exp(x − max) along `axis`. */
export const logSoftmax: Plan<KernelTable["logSoftmax"]> = ([x], [y], { axis }) =>
  softmaxLaunches("logSoftmax", [x, y] as [CudaOperand, CudaOperand], axis);
