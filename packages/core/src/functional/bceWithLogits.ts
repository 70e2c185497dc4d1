import { add, mul, sub } from "../ops/binary";
import { neg, softplus } from "../ops/unary";
import type { Tensor } from "../tensor";
import { type LossOptions, requireSameShape } from "./mseLoss";
import { reduceLoss } from "./reduction";

export interface BceWithLogitsOptions extends LossOptions {
  /** Weight of each element, broadcast to x. Default: 1. */
  readonly weight?: Tensor | null;
  /** Weight of the positive part, broadcast to x: above 1 favours recall. Default: 1. */
  readonly posWeight?: Tensor | null;
}

/** Beyond it e⁻ˣ adds nothing to 1 + x in double. */
const SOFTPLUS_THRESHOLD = 40;

/**
 * Binary cross-entropy −posWeight · t · log σ(x) − (1 − t) · log(1 − σ(x)) of logits x and targets t in [0, 1], in the form
 * (1 − t) · x + (1 + (posWeight − 1) · t) · softplus(−x), which neither overflows nor cancels. @throws ShapeError if shapes differ.
 */
export function bceWithLogits(x: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  const { weight, posWeight, reduction = "mean" } = options;
  requireSameShape("bceWithLogits", x, target);
  const tail = softplus(neg(x), { threshold: SOFTPLUS_THRESHOLD });
  const positive = posWeight ? mul(tail, add(mul(sub(posWeight, 1), target), 1)) : tail;
  const losses = add(mul(sub(1, target), x), positive);
  return reduceLoss(weight ? mul(losses, weight) : losses, reduction);
}
