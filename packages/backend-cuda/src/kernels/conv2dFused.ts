import type { FusedTable } from "@vertebra/core";
import type { CudaOperand, Plan } from "../launch";
import { planConvolution } from "./conv2d";

/** y = activation(conv(x, weight) · scale + shift + residual); scale and shift [O], residual, which may be missing, like y. */
export const conv2dFused: Plan<FusedTable["conv2dFused"]> = (inputs, outputs, attrs, limits) => {
  const [x, weight, scale, shift, residual] = inputs as [CudaOperand, CudaOperand, CudaOperand, CudaOperand, CudaOperand?];
  const { activation } = attrs;
  return planConvolution({ x, weight, y: outputs[0] as CudaOperand }, attrs, { scale, shift, residual, activation }, limits);
};
