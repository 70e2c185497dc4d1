import { apply1 } from "../apply";
import { defineOp } from "../op";
import type { TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireFloats } from "./rules";

export interface ProdGradAttrs {
  readonly axes: readonly number[];
}

export const prodGradOp = defineOp<ProdGradAttrs>()({
  name: "prodGrad",
  inputs: ["x", "dy"],
  outputs: ["dx"],
  infer: (specs) => [{ shape: (specs[0] as TensorSpec).shape, dtype: requireFloats("prodGrad", ["x", "dy"], specs) }],
  // A recorded derivative of prod uses the composition functional/productGrad instead.
  vjp: null,
});

/** Gradient of `prod`: dx = dy · (product of all others), right where factors are 0. dy has size 1 on `axes`. */
export const prodGrad = (x: Tensor, dy: Tensor, attrs: ProdGradAttrs): Tensor => apply1(prodGradOp, [x, dy], attrs);
