import type { Tensor } from "../tensor";
import { fuseSteps } from "./fuse-steps";

/** Something that turns one tensor into another: a layer, a function, or the sum with a shortcut (`plus`). */
export type Step = { forward(x: Tensor): Tensor } | ((x: Tensor) => Tensor);

/**
 * Runs `steps` one after the other and frees each result once the next is there (unless the tape needs it). A convolution
 * with its norm and activation behind it, or a norm with its activation, runs as one fused kernel where nothing wants a gradient
 * and the device has it.
 */
export function chain(x: Tensor, ...steps: readonly Step[]): Tensor {
  let value = x;
  let i = 0;
  while (i < steps.length) {
    const fused = fuseSteps(value, steps, i);
    const step = steps[i] as Step;
    const next = fused?.output ?? (typeof step === "function" ? step(value) : step.forward(value));
    if (value !== x && next !== value) value.dispose();
    value = next;
    i += fused?.steps ?? 1;
  }
  return value;
}
