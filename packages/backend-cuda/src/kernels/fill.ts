import { DTYPES, type KernelTable } from "@vertebra/core";
import { patternOf, product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE, type Plan } from "../launch";

const kernel = kernelsOf("fill");

/** y = value everywhere. */
export const fill: Plan<KernelTable["fill"]> = (_, outputs, { value }) => fillSteps(outputs[0] as CudaOperand, value);

/** The launch that fills y; none where it is empty. */
export function fillSteps(y: CudaOperand, value: number): readonly Launch[] {
  const bytes = product(y.shape) * DTYPES[y.dtype].bytes;
  if (bytes === 0) return [];
  const runs = Math.ceil(bytes / 16);
  const words = [patternOf(y.dtype, value), runs, bytes - (runs - 1) * 16];
  return [{ kernel: kernel("fill"), bindings: [y], words, grid: Math.ceil(runs / LINE), block: LINE }];
}
