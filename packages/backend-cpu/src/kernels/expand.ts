import type { KernelTable } from "@vertebra/core";
import { broadcastStrides, stridesOf } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { launchStrided, stridedCopy } from "./strided";

/** y = x, axes of size 1 (and missing leading ones) repeated. */
export const expand: Plan<KernelTable["expand"]> = (inputs, outputs, _, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const copy = { sizes: y.shape, xSteps: broadcastStrides(x.shape, y.shape.length), ySteps: stridesOf(y.shape) };
  return launchStrided("expand", stridedCopy("expand", x, y, copy, workers));
};
