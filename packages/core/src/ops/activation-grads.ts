import { apply1 } from "../apply";
import type { Tensor } from "../tensor";
import { binaryOp, type ElementwiseOp } from "./elementwise";

/**
 * dL/dx of an activation in one pass: first argument what the activation saves (x or y), second dy. They have no
 * derivative of their own; a derivative that is itself recorded uses the composition in `unary`. What they give at NaN and
 * at the kinks is PyTorch's.
 */
const gradOp = (name: string, params: readonly string[] = []): ElementwiseOp => binaryOp(name, { grads: null, params });

export const activationGradOps = {
  reluGrad: gradOp("reluGrad"),
  relu6Grad: gradOp("relu6Grad"),
  leakyReluGrad: gradOp("leakyReluGrad", ["negativeSlope"]),
  eluGrad: gradOp("eluGrad", ["alpha"]),
  sigmoidGrad: gradOp("sigmoidGrad"),
  tanhGrad: gradOp("tanhGrad"),
  softplusGrad: gradOp("softplusGrad", ["beta", "threshold"]),
  siluGrad: gradOp("siluGrad"),
  mishGrad: gradOp("mishGrad"),
  geluGrad: gradOp("geluGrad"),
  geluTanhGrad: gradOp("geluTanhGrad"),
  hardsigmoidGrad: gradOp("hardsigmoidGrad"),
  hardswishGrad: gradOp("hardswishGrad"),
  clampGrad: gradOp("clampGrad", ["min", "max"]),
} satisfies Record<string, ElementwiseOp>;

const NONE = {};

/** 0 where y ≤ 0, else dy (also at NaN). */
export const reluGrad = (y: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.reluGrad, [y, dy], NONE);
/** 0 where x ≤ 0 or x ≥ 6, else dy (also at NaN). */
export const relu6Grad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.relu6Grad, [x, dy], NONE);
/** dy where x > 0, else negativeSlope · dy. */
export const leakyReluGrad = (x: Tensor, dy: Tensor, negativeSlope: number): Tensor =>
  apply1(activationGradOps.leakyReluGrad, [x, dy], { negativeSlope });
/** alpha · eˣ · dy where x ≤ 0, else dy (also at NaN). */
export const eluGrad = (x: Tensor, dy: Tensor, alpha: number): Tensor => apply1(activationGradOps.eluGrad, [x, dy], { alpha });
/** y · (1 − y) · dy */
export const sigmoidGrad = (y: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.sigmoidGrad, [y, dy], NONE);
/** (1 − y²) · dy */
export const tanhGrad = (y: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.tanhGrad, [y, dy], NONE);
/** sigmoid(beta · x) · dy; dy where beta · x > threshold. */
export const softplusGrad = (x: Tensor, dy: Tensor, beta: number, threshold: number): Tensor =>
  apply1(activationGradOps.softplusGrad, [x, dy], { beta, threshold });
/** s · (1 + x · (1 − s)) · dy with s = sigmoid(x). */
export const siluGrad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.siluGrad, [x, dy], NONE);
/** (t + x · s · (1 − t²)) · dy with t = tanh(softplus(x)), s = sigmoid(x). */
export const mishGrad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.mishGrad, [x, dy], NONE);
/** (Φ(x) + x · φ(x)) · dy, with the normal distribution's Φ and φ. */
export const geluGrad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.geluGrad, [x, dy], NONE);
/** Derivative of the tanh form of GELU, times dy. */
export const geluTanhGrad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.geluTanhGrad, [x, dy], NONE);
/** dy / 6 where −3 < x < 3, else 0 (also at NaN). */
export const hardsigmoidGrad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.hardsigmoidGrad, [x, dy], NONE);
/** 0 where x < −3, (x / 3 + 1/2) · dy where x ≤ 3, else dy (also at NaN). */
export const hardswishGrad = (x: Tensor, dy: Tensor): Tensor => apply1(activationGradOps.hardswishGrad, [x, dy], NONE);
/** dy where min ≤ x ≤ max, else 0 (also at NaN). */
export const clampGrad = (x: Tensor, dy: Tensor, min: number, max: number): Tensor =>
  apply1(activationGradOps.clampGrad, [x, dy], { min, max });
