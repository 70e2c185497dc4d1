import type { KernelTable } from "@vertebra/core";
import { offsetOf, stridesOf, timesSteps } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { launchStrided, stridedCopy } from "./strided";

/** y[i] = x[starts + i · steps] */
export const slice: Plan<KernelTable["slice"]> = (inputs, outputs, { starts, steps }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const strides = stridesOf(x.shape);
  const copy = {
    sizes: y.shape,
    xStart: offsetOf(starts, strides),
    xSteps: timesSteps(strides, steps),
    ySteps: stridesOf(y.shape),
  };
  return launchStrided("slice", stridedCopy("slice", x, y, copy, workers));
};
