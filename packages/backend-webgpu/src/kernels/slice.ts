import type { KernelTable } from "@vertebra/core";
import { offsetOf, stridesOf, timesSteps } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { stridedLaunches } from "./strided";

/** y[i] = x[starts + i · steps] */
export const slice: Plan<KernelTable["slice"]> = (inputs, outputs, { starts, steps }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const strides = stridesOf(x.shape);
  const gathering = { sizes: y.shape, steps: timesSteps(strides, steps), start: offsetOf(starts, strides) };
  return stridedLaunches("slice", x, y, gathering, limits);
};
