import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { shader } from "../shader";
import code from "./adagradStep.wgsl";
import { stepLaunches } from "./optimizer-step";

const SHADER = shader("adagradStep", code);

/** One step of Adagrad, in place. */
export const adagradStep: Plan<KernelTable["adagradStep"]> = (inputs, _outputs, { maximize }, limits) =>
  stepLaunches(SHADER, { maximize }, inputs, limits);
