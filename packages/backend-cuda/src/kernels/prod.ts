import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { fillSteps } from "./fill";
import { reduceSteps } from "./reduce";

/** y = Π x over `axes`. */
export const prod: Plan<KernelTable["prod"]> = (inputs, outputs, { axes }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  if (product(y.shape) === 0) return [];
  if (product(x.shape) === 0) return fillSteps(y, 1);
  return reduceSteps("prod", [x, y], axes, limits);
};
