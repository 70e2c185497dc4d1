import type { FusedTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { planScaleShift } from "./scaleShift";

/** y = activation(x · scale + shift) by channel. */
export const scaleShiftFused: Plan<FusedTable["scaleShiftFused"]> = (inputs, outputs, { activation }, limits) =>
  planScaleShift(inputs, outputs, activation, limits);
