import type { KernelTable } from "@vertebra/core";
import { offsetOf, stridesOf, timesSteps } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { stridedSteps } from "./strided";

/** y[i] = x[starts + i · steps] */
export const slice: Plan<KernelTable["slice"]> = (inputs, outputs, { starts, steps }) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const strides = stridesOf(x.shape);
  return stridedSteps("slice", x, y, { sizes: y.shape, steps: timesSteps(strides, steps), start: offsetOf(starts, strides) });
};
