import { ArgumentError, formatShape, ShapeError } from "../errors";
import { add, div, mul } from "../ops/binary";
import { logSoftmax } from "../ops/logSoftmax";
import { sum } from "../ops/sum";
import { neg } from "../ops/unary";
import { isSameShape, sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import { classAxis, indexLoss, type NllLossOptions, requireClassWeight, weightClasses } from "./nllLoss";

export interface CrossEntropyOptions extends NllLossOptions {
  /** Share of each target that is spread evenly over all classes (Szegedy et al. 2016, section 7). Default: 0. */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy of softmax(logits); logits [N, C] or [N, C, ...]. Target: class indices, i32 [N] or [N, ...], or
 * probabilities in the logits' dtype and shape, where "mean" divides by the number of targets.
 * @throws ShapeError, DTypeError naming the argument that doesn't fit, ArgumentError for smoothing outside [0, 1].
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError("crossEntropy", { rule: "labelSmoothing must be from 0 to 1", got: `${labelSmoothing}` });
  }
  if (logits.shape.length < 1) throw new ShapeError("crossEntropy", { rule: "logits must be [N, C] or [N, C, ...]", got: "[]" });
  const logProbs = logSoftmax(logits, classAxis(logits.shape));
  if (target.dtype === logits.dtype) return probabilityLoss(logProbs, target, options, labelSmoothing);
  return indexLoss("crossEntropy", logProbs, target, options, labelSmoothing);
}

function probabilityLoss(logProbs: Tensor, target: Tensor, options: NllLossOptions, smoothing: number): Tensor {
  const { weight, reduction = "mean" } = options;
  if (!isSameShape(target.shape, logProbs.shape)) {
    const got = `target ${formatShape(target.shape)} and logits ${formatShape(logProbs.shape)}`;
    throw new ShapeError("crossEntropy", { rule: "a target of probabilities must have the shape of logits", got });
  }
  requireClassWeight("crossEntropy", logProbs.shape, weight);
  const axis = classAxis(logProbs.shape);
  const classes = sizeAt(logProbs.shape, axis);
  const wanted = smoothing === 0 ? target : add(mul(target, 1 - smoothing), smoothing / classes);
  const likelihood = mul(weight ? weightClasses(logProbs, weight) : logProbs, wanted);
  const losses = neg(sum(likelihood, { axes: axis }));
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : div(sum(losses), losses.elements);
}
