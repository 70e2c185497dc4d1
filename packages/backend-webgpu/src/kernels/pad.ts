import type { KernelTable } from "@vertebra/core";
import { placedByPadding } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { placeLaunches } from "./place";

/** y = x with before[i] and after[i] elements around axis i. */
export const pad: Plan<KernelTable["pad"]> = (inputs, outputs, { before, after, mode, value }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const axes = placedByPadding("pad", { shape: x.shape, before, after });
  return placeLaunches(x, y, { axes, mode, value }, limits);
};
