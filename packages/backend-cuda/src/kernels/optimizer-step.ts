import { product } from "@vertebra/core/plan";
import { type Binding, type CudaOperand, kernelsOf, type Launch, LINE } from "../launch";

/** A step over all parameters, `bindings[0]`: four a thread. The kernel's words are their number, then the flags in its order. */
export function stepLaunches(name: string, flags: readonly boolean[], bindings: readonly Binding[]): readonly Launch[] {
  const elements = product((bindings[0] as CudaOperand).shape);
  if (elements === 0) return [];
  const words = [elements, ...flags.map(Number)];
  return [{ kernel: kernelsOf(name)(name), bindings, words, grid: Math.ceil(elements / (4 * LINE)), block: LINE }];
}
