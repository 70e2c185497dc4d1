import { apply } from "../apply";
import { defineOp } from "../op";
import type { Tensor } from "../tensor";
import { requireStepShapes } from "./step-rules";

export interface RmspropStepAttrs {
  /** Divide by the variance, √(square − mean²), instead of √square. */
  readonly centered: boolean;
  /** TensorFlow's form: √(… + eps) instead of √(…) + eps. */
  readonly epsInside: boolean;
  readonly maximize: boolean;
}

export const rmspropStepOp = defineOp<RmspropStepAttrs>()({
  name: "rmspropStep",
  inputs: ["param", "grad", "hyper", "square", "mean", "momentum"],
  outputs: [],
  infer: (specs) => requireStepShapes("rmspropStep", ["param", "grad", "hyper", "square", "mean", "momentum"], specs, 5),
  vjp: null,
  mutates: [0, 3, 4, 5],
});

/**
 * One step of RMSprop, in place; hyper = [lr, weightDecay, alpha, eps, momentum].
 * g = ±grad + weightDecay · param; square = alpha · square + (1 − alpha) · g²; centered: mean = alpha · mean + (1 − alpha) · g;
 * d = √square (centered: √(square − mean²)) + eps; momentum > 0: b = momentum · b + g / d, param −= lr · b; else param −= lr · g / d.
 */
export function rmspropStep(
  param: Tensor,
  grad: Tensor,
  hyper: Tensor,
  state: { readonly square: Tensor; readonly mean: Tensor; readonly momentum: Tensor },
  attrs: RmspropStepAttrs,
): void {
  apply(rmspropStepOp, [param, grad, hyper, state.square, state.mean, state.momentum], attrs);
}
