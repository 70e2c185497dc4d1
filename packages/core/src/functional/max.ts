import { argmax } from "../ops/argmax";
import { gather } from "../ops/gather";
import { reshape } from "../ops/reshape";
import { neg } from "../ops/unary";
import { normalizeAxis, reduceShape } from "../shape";
import type { Tensor } from "../tensor";

export interface ExtremeOptions {
  /** Keeps `axis` with size 1. Default: drops it. */
  readonly keepDims?: boolean;
}

/** Largest value along `axis` and its index (i32), the first of equals; NaN wins. The gradient goes to that element alone. */
export const max = (x: Tensor, axis: number, options: ExtremeOptions = {}): { values: Tensor; indices: Tensor } =>
  pick(x, argmax(x, { axis, keepDims: true }), axis, options);

/** Smallest value along `axis` and its index (i32), the first of equals; NaN wins. The gradient goes to that element alone. */
export const min = (x: Tensor, axis: number, options: ExtremeOptions = {}): { values: Tensor; indices: Tensor } =>
  pick(x, argmax(neg(x), { axis, keepDims: true }), axis, options);

function pick(
  x: Tensor,
  indices: Tensor,
  axis: number,
  { keepDims = false }: ExtremeOptions,
): { values: Tensor; indices: Tensor } {
  const at = normalizeAxis("max", axis, x.shape.length);
  const shape = reduceShape(x.shape, [at], keepDims);
  return { values: reshape(gather(x, indices, at), shape), indices: reshape(indices, shape) };
}
