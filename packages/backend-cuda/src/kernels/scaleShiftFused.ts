import type { FusedTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { scaleShiftSteps } from "./scaleShift";

/** y = activation(x · scale + shift) by channel. */
export const scaleShiftFused: Plan<FusedTable["scaleShiftFused"]> = (inputs, outputs, { activation }) =>
  scaleShiftSteps(inputs, outputs, activation);
