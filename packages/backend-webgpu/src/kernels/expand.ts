import type { KernelTable } from "@vertebra/core";
import { broadcastStrides } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { stridedLaunches } from "./strided";

/** y = x, axes of size 1 (and missing leading ones) repeated. */
export const expand: Plan<KernelTable["expand"]> = (inputs, outputs, _, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  return stridedLaunches("expand", x, y, { sizes: y.shape, steps: broadcastStrides(x.shape, y.shape.length) }, limits);
};
