import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepLaunches } from "./optimizer-step";

/** One step of RMSprop, in place. */
export const rmspropStep: Plan<KernelTable["rmspropStep"]> = (inputs, _outputs, { centered, epsInside, maximize }) =>
  stepLaunches("rmspropStep", [centered, epsInside, maximize], inputs);
