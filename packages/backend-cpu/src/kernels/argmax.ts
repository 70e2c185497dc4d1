import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** Index of the largest value along `axis`. */
export const argmax: Plan<KernelTable["argmax"]> = (inputs, outputs, { axis }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  if (product(y.shape) === 0) return null;
  const outer = product(x.shape.slice(0, axis));
  const inner = product(x.shape.slice(axis + 1));
  const tasks = tasksFor(product(x.shape), workers);
  return {
    entry: "argmax",
    ints: [x.pointer, y.pointer, outer, x.shape[axis] as number, inner, Number(x.dtype === "i32"), tasks],
  };
};
