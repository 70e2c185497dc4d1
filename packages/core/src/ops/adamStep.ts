import { apply } from "../apply";
import { defineOp } from "../op";
import type { Tensor } from "../tensor";
import { requireStepShapes } from "./step-rules";

export interface AdamStepAttrs {
  /** AdamW: decay the weights directly (Loshchilov & Hutter 2019) instead of adding to the gradient. */
  readonly decoupled: boolean;
  readonly maximize: boolean;
}

export const adamStepOp = defineOp<AdamStepAttrs>()({
  name: "adamStep",
  inputs: ["param", "grad", "hyper", "mean", "square", "largest"],
  optional: 1,
  outputs: [],
  infer: (specs) => requireStepShapes("adamStep", ["param", "grad", "hyper", "mean", "square", "largest"], specs, 7),
  vjp: null,
  mutates: [0, 3, 4, 5],
});

/**
 * One step of Adam (Kingma & Ba 2015), in place; hyper = [lr, weightDecay, beta1, beta2, eps, correction1, correction2] with
 * correction1 = 1 − beta1ᵗ, correction2 = √(1 − beta2ᵗ), made on the host in double.
 * g = ±grad (+ weightDecay · param unless decoupled; decoupled: param *= 1 − lr · weightDecay first);
 * mean = beta1 · mean + (1 − beta1) · g; square = beta2 · square + (1 − beta2) · g²; largest = max(largest, square) if given (AMSGrad);
 * param −= lr / correction1 · mean / (√(largest or square) / correction2 + eps).
 */
export function adamStep(
  param: Tensor,
  grad: Tensor,
  hyper: Tensor,
  state: { readonly mean: Tensor; readonly square: Tensor; readonly largest: Tensor | undefined },
  attrs: AdamStepAttrs,
): void {
  const { mean, square, largest } = state;
  apply(adamStepOp, largest ? [param, grad, hyper, mean, square, largest] : [param, grad, hyper, mean, square], attrs);
}
