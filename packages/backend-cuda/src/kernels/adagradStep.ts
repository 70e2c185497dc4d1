import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepLaunches } from "./optimizer-step";

/** One step of Adagrad, in place. */
export const adagradStep: Plan<KernelTable["adagradStep"]> = (inputs, _outputs, { maximize }) =>
  stepLaunches("adagradStep", [maximize], inputs);
