import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";
import { elementBytesOf } from "./strided";

/** y = parts side by side along `axis`. */
export const concat: Plan<KernelTable["concat"]> = (parts, outputs, { axis }, workers) => {
  const y = outputs[0] as CpuOperand;
  if (product(y.shape) === 0) return null;
  const rowBytes = ({ shape }: CpuOperand) => product(shape.slice(axis)) * elementBytesOf(y);
  const outer = product(y.shape.slice(0, axis));
  const table = Int32Array.from(parts.flatMap((part) => [part.pointer, rowBytes(part)]));
  const tasks = tasksFor((outer * rowBytes(y)) / 4, workers);
  return { entry: "concat", ints: [y.pointer, 0, parts.length, outer, rowBytes(y), tasks], tables: [table], tablesAt: 1 };
};
