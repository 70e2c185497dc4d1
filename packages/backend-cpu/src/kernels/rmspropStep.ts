import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** One step of RMSprop, in place. */
export const rmspropStep: Plan<KernelTable["rmspropStep"]> = (inputs, _outputs, { centered, epsInside, maximize }, workers) => {
  const n = product((inputs[0] as CpuOperand).shape);
  if (n === 0) return null;
  const pointers = inputs.map(({ pointer }) => pointer);
  const flags = [centered, epsInside, maximize].map(Number);
  return { entry: "rmspropStep", ints: [...pointers, n, tasksFor(n, workers), ...flags] };
};
