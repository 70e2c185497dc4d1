import type { DType } from "./dtype";
import { formatShape, ShapeError } from "./errors";

/** Sizes of a tensor's axes, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** What a shape rule sees of a tensor, and all that the meta backend keeps of it. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

export function countElements(shape: Shape): number {
  let elements = 1;
  for (const size of shape) elements *= size;
  return elements;
}

export const isSameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, axis) => size === b[axis]);

/** Size of `axis`, which is known to exist. */
export const sizeAt = (shape: Shape, axis: number): number => shape[axis] as number;

/** Right-aligned broadcast of two shapes: sizes must be equal or 1. @throws ShapeError naming both. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (isSameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(op, {
        rule: `sizes must be equal or 1 on every axis, counted from the last; axis ${axis - rank} differs`,
        got: `${formatShape(a)} and ${formatShape(b)}`,
      });
    }
    result.push(sizeA === 1 ? sizeB : sizeA);
  }
  return result;
}

/** `axis` counted from the front; negative ones count from the end. @throws ShapeError if out of range. */
export function normalizeAxis(op: string, axis: number, rank: number, name = "axis"): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= Math.max(rank, 0)) {
    throw new ShapeError(op, {
      rule: `${name} must be an integer in [${-rank}, ${rank - 1}] for a ${rank}-D tensor`,
      got: `${axis}`,
    });
  }
  return normalized;
}

/** Axes to reduce over, sorted and without repeats; undefined means all of them. */
export function normalizeAxes(op: string, axes: number | readonly number[] | undefined, rank: number): readonly number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(op, axis, rank, "axes"));
  if (new Set(list).size !== list.length) {
    throw new ShapeError(op, { rule: "axes must not repeat", got: formatShape(typeof axes === "number" ? [axes] : axes) });
  }
  return list.sort((a, b) => a - b);
}

/** Shape left after reducing `shape` over `axes`; kept as size 1 or dropped. */
export function reduceShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** @throws ShapeError unless `spec` has `rank` axes; `layout` names them (`[N, C, H, W]`). */
export function requireRank(op: string, argument: string, spec: TensorSpec, rank: number, layout: string): void {
  if (spec.shape.length === rank) return;
  throw new ShapeError(op, { rule: `${argument} must be ${rank}-D ${layout}`, got: `${argument} ${formatShape(spec.shape)}` });
}

/** @throws ShapeError unless all sizes are integers ≥ 0. */
export function requireValidShape(op: string, shape: Shape): void {
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0) && Number.isSafeInteger(countElements(shape))) return;
  throw new ShapeError(op, { rule: "shape must hold integers ≥ 0 with a product below 2^53", got: formatShape(shape) });
}

/** `[rows, columns]` from a number or a pair. */
export type Pair = number | readonly [number, number];
export const toPair = (value: Pair): readonly [number, number] => (typeof value === "number" ? [value, value] : value);
