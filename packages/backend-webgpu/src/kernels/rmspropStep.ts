import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { shader } from "../shader";
import { stepLaunches } from "./optimizer-step";
import code from "./rmspropStep.wgsl";

const SHADER = shader("rmspropStep", code);

/** One step of RMSprop, in place. */
export const rmspropStep: Plan<KernelTable["rmspropStep"]> = (inputs, _outputs, { centered, epsInside, maximize }, limits) =>
  stepLaunches(SHADER, { centered, epsInside, maximize }, inputs, limits);
