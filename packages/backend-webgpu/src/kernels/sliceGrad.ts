import type { KernelTable } from "@vertebra/core";
import { placedBySlice } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { placeLaunches } from "./place";

/** dx[starts + i · steps] = dy[i], 0 elsewhere. */
export const sliceGrad: Plan<KernelTable["sliceGrad"]> = (inputs, outputs, attrs, limits) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const axes = placedBySlice("sliceGrad", dy.shape, attrs);
  return placeLaunches(dy, dx, { axes, mode: "constant", value: 0 }, limits);
};
