import type { KernelTable } from "@vertebra/core";
import { broadcastStrides } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { stridedSteps } from "./strided";

/** y = x, axes of size 1 (and missing leading ones) repeated. */
export const expand: Plan<KernelTable["expand"]> = (inputs, outputs) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  return stridedSteps("expand", x, y, { sizes: y.shape, steps: broadcastStrides(x.shape, y.shape.length) });
};
