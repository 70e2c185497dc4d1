import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { reduceSteps } from "./reduce";

/** y = max x over `axes`. */
export const amax: Plan<KernelTable["amax"]> = (inputs, outputs, { axes }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  if (product(y.shape) === 0) return [];
  return reduceSteps(x.dtype === "i32" ? "amaxInts" : "amax", [x, y], axes, limits);
};
