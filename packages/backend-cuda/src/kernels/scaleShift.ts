import type { FusedActivation, KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, LINE, type Plan, type Step } from "../launch";

const kernel = kernelsOf("scaleShift");

/** As scaleShift.cu numbers them. */
const ACTIVATIONS: { readonly [A in FusedActivation]: number } = { none: 0, relu: 1, relu6: 2, silu: 3 };

/** y = x · scale + shift by channel. */
export const scaleShift: Plan<KernelTable["scaleShift"]> = (inputs, outputs) => scaleShiftSteps(inputs, outputs, "none");

/** y = activation(x · scale + shift) by channel. */
export function scaleShiftSteps(
  inputs: readonly CudaOperand[],
  outputs: readonly CudaOperand[],
  activation: FusedActivation,
): readonly Step[] {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const [n, c] = x.shape as [number, number];
  return [
    {
      kernel: kernel("scaleShift", x.dtype),
      bindings: [...inputs, y],
      words: [elements, c, elements / (n * c), ACTIVATIONS[activation]],
      grid: Math.ceil(elements / (4 * LINE)),
      block: LINE,
    },
  ];
}
