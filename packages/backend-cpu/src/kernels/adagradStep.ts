import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** One step of Adagrad, in place. */
export const adagradStep: Plan<KernelTable["adagradStep"]> = (inputs, _outputs, { maximize }, workers) => {
  const n = product((inputs[0] as CpuOperand).shape);
  if (n === 0) return null;
  const pointers = inputs.map(({ pointer }) => pointer);
  return { entry: "adagradStep", ints: [...pointers, n, tasksFor(n, workers), Number(maximize)] };
};
