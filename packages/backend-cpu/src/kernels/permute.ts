import type { KernelTable } from "@vertebra/core";
import { stridesOf } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { launchStrided, stridedCopy } from "./strided";

/** Axis i of y is axis axes[i] of x. */
export const permute: Plan<KernelTable["permute"]> = (inputs, outputs, { axes }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const strides = stridesOf(x.shape);
  const copy = { sizes: y.shape, xSteps: axes.map((axis) => strides[axis] as number), ySteps: stridesOf(y.shape) };
  return launchStrided("permute", stridedCopy("permute", x, y, copy, workers));
};
