import { formatShape, ShapeError } from "../errors";
import { mul, sub } from "../ops/binary";
import { isSameShape } from "../shape";
import type { Tensor } from "../tensor";
import { type Reduction, reduceLoss } from "./reduction";

export interface LossOptions {
  /** Default: "mean". */
  readonly reduction?: Reduction;
}

/** Squared error (x − target)², of one shape. @throws ShapeError if the shapes differ: a broadcast here is nearly always a mistake. */
export function mseLoss(x: Tensor, target: Tensor, { reduction = "mean" }: LossOptions = {}): Tensor {
  requireSameShape("mseLoss", x, target);
  const difference = sub(x, target);
  return reduceLoss(mul(difference, difference), reduction);
}

/** @throws ShapeError unless x and target have one shape. */
export function requireSameShape(op: string, x: Tensor, target: Tensor): void {
  if (isSameShape(x.shape, target.shape)) return;
  throw new ShapeError(op, {
    rule: "x and target must have one shape",
    got: `${formatShape(x.shape)} and ${formatShape(target.shape)}`,
    fix: "Bring target into x's shape with reshape",
  });
}
