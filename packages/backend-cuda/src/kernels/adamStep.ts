import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { stepLaunches } from "./optimizer-step";

/** One step of Adam or AdamW, in place; `largest` (AMSGrad) may be missing. */
export const adamStep: Plan<KernelTable["adamStep"]> = (inputs, _outputs, { decoupled, maximize }) =>
  stepLaunches(
    "adamStep",
    [decoupled, maximize],
    [0, 1, 2, 3, 4, 5].map((i) => inputs[i] ?? null),
  );
