import type { KernelTable } from "@vertebra/core";
import { placedByPadding } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { placeSteps } from "./place";

/** y = x with before[i] and after[i] elements around axis i. */
export const pad: Plan<KernelTable["pad"]> = (inputs, outputs, { before, after, mode, value }) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const axes = placedByPadding("pad", { shape: x.shape, before, after });
  return placeSteps(x, y, { axes, mode, value });
};
