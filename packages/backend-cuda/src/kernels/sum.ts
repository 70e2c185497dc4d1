import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { fillSteps } from "./fill";
import { reduceSteps } from "./reduce";

/** y = Σ x over `axes`. */
export const sum: Plan<KernelTable["sum"]> = (inputs, outputs, { axes }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  if (product(y.shape) === 0) return [];
  if (product(x.shape) === 0) return fillSteps(y, 0);
  return reduceSteps("sum", [x, y], axes, limits);
};
