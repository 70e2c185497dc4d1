import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepLaunches } from "./optimizer-step";

/** One step of SGD, in place; the momentum buffer may be missing. */
export const sgdStep: Plan<KernelTable["sgdStep"]> = (inputs, _outputs, { nesterov, maximize }) =>
  stepLaunches(
    "sgdStep",
    [nesterov, maximize],
    [0, 1, 2, 3].map((i) => inputs[i] ?? null),
  );
