import { apply } from "../apply";
import { defineOp } from "../op";
import type { Tensor } from "../tensor";
import { requireStepShapes } from "./step-rules";

export interface SgdStepAttrs {
  readonly nesterov: boolean;
  readonly maximize: boolean;
}

export const sgdStepOp = defineOp<SgdStepAttrs>()({
  name: "sgdStep",
  inputs: ["param", "grad", "hyper", "momentum"],
  optional: 1,
  outputs: [],
  infer: (specs) => requireStepShapes("sgdStep", ["param", "grad", "hyper", "momentum"], specs, 4),
  vjp: null,
  mutates: [0, 3],
});

/**
 * One step of SGD, in place; hyper = [lr, weightDecay, momentum, keep] with keep = 1 − dampening (1 on the first step).
 * g = ±grad + weightDecay · param; b = momentum · b + keep · g; param −= lr · (nesterov ? g + momentum · b : b).
 * Without a momentum buffer: param −= lr · g.
 */
export function sgdStep(param: Tensor, grad: Tensor, hyper: Tensor, momentum: Tensor | undefined, attrs: SgdStepAttrs): void {
  apply(sgdStepOp, momentum ? [param, grad, hyper, momentum] : [param, grad, hyper], attrs);
}
