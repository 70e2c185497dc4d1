import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { reduceSteps } from "./reduce";

/** y = max x over `axes`. */
export const amax: Plan<KernelTable["amax"]> = (inputs, outputs, { axes }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  if (product(y.shape) === 0) return [];
  return reduceSteps("amax", [x, y], axes, limits);
};
