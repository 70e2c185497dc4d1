import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepOf } from "./optimizer-step";

/** One step of SGD, in place; the momentum buffer may be missing. */
export const sgdStep: Plan<KernelTable["sgdStep"]> = (inputs, _outputs, { nesterov, maximize }) =>
  stepOf("sgdStep", [nesterov, maximize], inputs, 1);
