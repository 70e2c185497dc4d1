import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { reduceLaunch } from "./reduce";

/** y = max x over `axes`. */
export const amax: Plan<KernelTable["amax"]> = (inputs, outputs, { axes }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  return product(y.shape) === 0 ? null : reduceLaunch("amax", x, y, axes, workers);
};
