import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepOf } from "./optimizer-step";

/** One step of Adam or AdamW, in place; `largest` (AMSGrad) may be missing. */
export const adamStep: Plan<KernelTable["adamStep"]> = (inputs, _outputs, { decoupled, maximize }) =>
  stepOf("adamStep", [decoupled, maximize], inputs, 3);
