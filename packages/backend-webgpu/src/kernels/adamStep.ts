import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { shader } from "../shader";
import code from "./adamStep.wgsl";
import { NO_STATE, stepLaunches } from "./optimizer-step";

const SHADER = shader("adamStep", code);

/** One step of Adam or AdamW, in place; `largest` (AMSGrad) may be missing. */
export const adamStep: Plan<KernelTable["adamStep"]> = (inputs, _outputs, { decoupled, maximize }, limits) => {
  const hasLargest = inputs.length > 5;
  return stepLaunches(SHADER, { hasLargest, decoupled, maximize }, hasLargest ? inputs : [...inputs, NO_STATE], limits);
};
