import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";

const kernel = kernelsOf("toDtype");

/** y[i] = x[i] as another dtype. */
export const toDtype: Plan<KernelTable["toDtype"]> = (inputs, outputs) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const grid = Math.ceil(elements / (4 * LINE));
  return [{ kernel: kernel(`toDtype_${x.dtype}`, y.dtype), bindings: [x, y], words: [elements], grid, block: LINE }];
};
