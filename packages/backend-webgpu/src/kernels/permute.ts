import type { KernelTable } from "@vertebra/core";
import { stridesOf } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { stridedLaunches } from "./strided";

/** Axis i of y is axis axes[i] of x. */
export const permute: Plan<KernelTable["permute"]> = (inputs, outputs, { axes }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const strides = stridesOf(x.shape);
  return stridedLaunches("permute", x, y, { sizes: y.shape, steps: axes.map((axis) => strides[axis] as number) }, limits);
};
