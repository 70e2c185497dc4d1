import type { KernelTable } from "@vertebra/core";
import { placedBySlice } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { placeSteps } from "./place";

/** dx[starts + i · steps] = dy[i], 0 elsewhere. */
export const sliceGrad: Plan<KernelTable["sliceGrad"]> = (inputs, outputs, attrs) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const axes = placedBySlice("sliceGrad", dy.shape, attrs);
  return placeSteps(dy, dx, { axes, mode: "constant", value: 0 });
};
