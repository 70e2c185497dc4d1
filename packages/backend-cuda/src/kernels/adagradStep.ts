import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepOf } from "./optimizer-step";

/** One step of Adagrad, in place. */
export const adagradStep: Plan<KernelTable["adagradStep"]> = (inputs, _outputs, { maximize }) =>
  stepOf("adagradStep", [maximize], inputs);
