import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** The k best values along `axis`, best first, and their indices. */
export const topK: Plan<KernelTable["topK"]> = (inputs, outputs, { k, axis, largest }, workers) => {
  const x = inputs[0] as CpuOperand;
  const [values, indices] = outputs as [CpuOperand, CpuOperand];
  if (product(values.shape) === 0) return null;
  const outer = product(x.shape.slice(0, axis));
  const inner = product(x.shape.slice(axis + 1));
  const tasks = tasksFor(product(x.shape), workers);
  return {
    entry: "topK",
    ints: [x.pointer, values.pointer, indices.pointer, 0, outer, x.shape[axis] as number, inner, k, Number(largest), tasks],
    scratchBytes: tasks * k * 8,
    scratchAt: 3,
  };
};
