import type { KernelTable } from "@vertebra/core";
import { paddedAxes, paddedSize } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { type PlacedAxis, placeSteps } from "./place";

/** y = x with before[i] and after[i] elements around axis i. */
export const pad: Plan<KernelTable["pad"]> = (inputs, outputs, { before, after, mode, value }) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const axes = paddedAxes("pad", { shape: x.shape, before, after }).map(
    (axis): PlacedAxis => ({ total: paddedSize(axis), before: axis[1], size: axis[0], step: 1 }),
  );
  return placeSteps(x, y, { axes, mode, value });
};
