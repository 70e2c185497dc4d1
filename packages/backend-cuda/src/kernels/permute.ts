import type { KernelTable } from "@vertebra/core";
import { stridesOf } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { stridedSteps } from "./strided";

/** Axis i of y is axis axes[i] of x. */
export const permute: Plan<KernelTable["permute"]> = (inputs, outputs, { axes }) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const strides = stridesOf(x.shape);
  return stridedSteps("permute", x, y, { sizes: y.shape, steps: axes.map((axis) => strides[axis] as number) });
};
