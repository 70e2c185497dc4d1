import { reshape } from "../ops/reshape";
import { normalizeAxes, normalizeAxis } from "../shape";
import type { Tensor } from "../tensor";

/** Drops axes of size 1: those of `axes` that are, or all. Shares memory. @throws ShapeError if an axis is out of range. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const dropped = normalizeAxes("squeeze", axes, x.shape.length);
  return reshape(
    x,
    x.shape.filter((size, axis) => size !== 1 || !dropped.includes(axis)),
  );
}

/** Adds an axis of size 1 at `axis` of the result: [N, C] → [N, 1, C] for 1. Shares memory. @throws ShapeError if out of range. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis("unsqueeze", axis, x.shape.length + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
