import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { fillLaunch } from "./fill";
import { reduceSteps } from "./reduce";

/** y = Σ x over `axes`. */
export const sum: Plan<KernelTable["sum"]> = (inputs, outputs, { axes }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  if (product(y.shape) === 0) return [];
  if (product(x.shape) === 0) return [fillLaunch(y, 0, limits)];
  return reduceSteps(x.dtype === "i32" ? "sumInts" : "sum", [x, y], axes, limits);
};
