import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";

const kernel = kernelsOf("uniform");

/** Philox numbers in [0, 1); then advances the state, which all of them read. */
export const uniform: Plan<KernelTable["uniform"]> = (inputs, outputs) => {
  const [state, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const blocks = Math.ceil(product(y.shape) / 4);
  if (blocks === 0) return [];
  return [
    { kernel: kernel("uniform"), bindings: [state, y], words: [blocks], grid: Math.ceil(blocks / LINE), block: LINE },
    { kernel: kernel("advance"), bindings: [state], words: [blocks], grid: 1, block: 1 },
  ];
};
