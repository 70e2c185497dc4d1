import { DTypeError, formatShape, ShapeError } from "../errors";
import { add, div, mul, notEqual } from "../ops/binary";
import { where } from "../ops/elementwise";
import { gather } from "../ops/gather";
import { reshape } from "../ops/reshape";
import { sum } from "../ops/sum";
import { toDtype } from "../ops/toDtype";
import { neg } from "../ops/unary";
import { isSameShape, type Shape, sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import type { Reduction } from "./reduction";

export interface NllLossOptions {
  /** Weight of each class [C]. Default: 1 each. */
  readonly weight?: Tensor | null;
  /** Targets of this class count for nothing. Default: −100, PyTorch's. */
  readonly ignoreIndex?: number;
  /** "mean" divides by the sum of the targets' weights. Default: "mean". */
  readonly reduction?: Reduction;
}

/**
 * Negative log-likelihood −weight[target] · logProbs[target]; logProbs [N, C] or [N, C, ...], target i32 [N] or [N, ...].
 * @throws ShapeError, DTypeError naming the argument that doesn't fit.
 */
export const nllLoss = (logProbs: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor =>
  indexLoss("nllLoss", logProbs, target, options, 0);

/** `nllLoss` with a share `smoothing` of each target spread evenly over all classes. For `crossEntropy`. */
export function indexLoss(op: string, logProbs: Tensor, target: Tensor, options: NllLossOptions, smoothing: number): Tensor {
  const { weight, ignoreIndex = -100, reduction = "mean" } = options;
  requireIndexTarget(op, logProbs.shape, target, weight);
  const axis = classAxis(logProbs.shape);
  const kept = logProbs.shape.map((size, i) => (i === axis ? 1 : size));
  const indices = reshape(target, kept);
  const isCounted = notEqual(indices, ignoreIndex);
  const index = where(isCounted, indices, 0);
  const weights = weight && reshape(gather(weight, reshape(index, [index.elements]), 0), kept);
  const picked = gather(logProbs, index, axis);
  const likelihood = weights ? mul(picked, weights) : picked;
  const smoothed = smoothing === 0 ? likelihood : smooth(likelihood, logProbs, weight, smoothing);
  const losses = where(isCounted, neg(smoothed), 0);
  if (reduction === "none") return reshape(losses, target.shape);
  if (reduction === "sum") return sum(losses);
  return div(sum(losses), sum(weights ? where(isCounted, weights, 0) : toDtype(isCounted, logProbs.dtype)));
}

/** Axis of the classes: the first of [C], else the second. */
export const classAxis = (shape: Shape): number => (shape.length === 1 ? 0 : 1);

/** (1 − smoothing) · likelihood + smoothing / C · Σ weight · logProbs */
function smooth(likelihood: Tensor, logProbs: Tensor, weight: Tensor | null | undefined, smoothing: number): Tensor {
  const axis = classAxis(logProbs.shape);
  const all = sum(weight ? weightClasses(logProbs, weight) : logProbs, { axes: axis, keepDims: true });
  return add(mul(likelihood, 1 - smoothing), mul(all, smoothing / sizeAt(logProbs.shape, axis)));
}

/** x · weight, weight [C] along the class axis of x. */
export function weightClasses(x: Tensor, weight: Tensor): Tensor {
  const axis = classAxis(x.shape);
  return mul(
    x,
    reshape(
      weight,
      x.shape.map((size, i) => (i === axis ? size : 1)),
    ),
  );
}

function requireIndexTarget(op: string, scores: Shape, target: Tensor, weight: Tensor | null | undefined): void {
  if (target.dtype !== "i32") {
    throw new DTypeError(op, {
      rule: "class indices must be i32",
      got: `target ${target.dtype}`,
      fix: 'Convert it with toDtype("i32")',
    });
  }
  if (scores.length < 1)
    throw new ShapeError(op, { rule: "the scores must be [C], [N, C] or [N, C, ...]", got: formatShape(scores) });
  const axis = classAxis(scores);
  const wanted = scores.filter((_, i) => i !== axis);
  if (!isSameShape(target.shape, wanted)) {
    const got = `target ${formatShape(target.shape)} and scores ${formatShape(scores)}`;
    throw new ShapeError(op, { rule: `target must be ${formatShape(wanted)}: the scores' shape without their classes`, got });
  }
  requireClassWeight(op, scores, weight);
}

/** @throws ShapeError unless weight, where given, is [C]. */
export function requireClassWeight(op: string, scores: Shape, weight: Tensor | null | undefined): void {
  const classes = sizeAt(scores, classAxis(scores));
  if (!weight || isSameShape(weight.shape, [classes])) return;
  throw new ShapeError(op, { rule: `weight must be [C] = [${classes}]`, got: formatShape(weight.shape) });
}
