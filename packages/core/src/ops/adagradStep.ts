import { apply } from "../apply";
import { defineOp } from "../op";
import type { Tensor } from "../tensor";
import { requireStepShapes } from "./step-rules";

export interface AdagradStepAttrs {
  readonly maximize: boolean;
}

export const adagradStepOp = defineOp<AdagradStepAttrs>()({
  name: "adagradStep",
  inputs: ["param", "grad", "hyper", "square"],
  outputs: [],
  infer: (specs) => requireStepShapes("adagradStep", ["param", "grad", "hyper", "square"], specs, 3),
  vjp: null,
  mutates: [0, 3],
});

/**
 * One step of Adagrad (Duchi et al. 2011), in place; hyper = [lr, weightDecay, eps], lr already decayed.
 * g = ±grad + weightDecay · param; square += g²; param −= lr · g / (√square + eps).
 */
export function adagradStep(param: Tensor, grad: Tensor, hyper: Tensor, square: Tensor, attrs: AdagradStepAttrs): void {
  apply(adagradStepOp, [param, grad, hyper, square], attrs);
}
