import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** One step of Adam or AdamW, in place; `largest` (AMSGrad) may be missing. */
export const adamStep: Plan<KernelTable["adamStep"]> = (inputs, _outputs, { decoupled, maximize }, workers) => {
  const n = product((inputs[0] as CpuOperand).shape);
  if (n === 0) return null;
  const pointers = inputs.map(({ pointer }) => pointer);
  if (pointers.length === 5) pointers.push(0);
  return { entry: "adamStep", ints: [...pointers, n, tasksFor(n, workers), Number(decoupled), Number(maximize)] };
};
