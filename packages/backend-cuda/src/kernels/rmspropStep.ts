import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepOf } from "./optimizer-step";

/** One step of RMSprop, in place. */
export const rmspropStep: Plan<KernelTable["rmspropStep"]> = (inputs, _outputs, { centered, epsInside, maximize }) =>
  stepOf("rmspropStep", [centered, epsInside, maximize], inputs);
