import { reshape } from "../ops/reshape";
import { sum } from "../ops/sum";
import { isSameShape, type Shape } from "../shape";
import type { Tensor } from "../tensor";

/** Undoes a broadcast: sums x over the axes that `shape` lacks or has with size 1. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (isSameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < missing || (shape[axis - missing] === 1 && x.shape[axis] !== 1));
  return reshape(axes.length > 0 ? sum(x, { axes, keepDims: true }) : x, shape);
}
