import { countElements, type Shape } from "@vertebra/core";

/** Elements between neighbours along each axis. */
export function stridesOf(shape: Shape): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(step);
    step *= size;
  }
  return strides;
}

/** Calls `visit` for every position of `shape`, last axis fastest. The position is one array, written over each time. */
export function forEachPosition(shape: Shape, visit: (position: readonly number[], flat: number) => void): void {
  const position = shape.map(() => 0);
  const elements = countElements(shape);
  for (let flat = 0; flat < elements; flat++) {
    visit(position, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1;
      position[axis] = next === shape[axis] ? 0 : next;
      if (next !== shape[axis]) break;
    }
  }
}

/** Σ position[axis] · strides[axis] */
export function flatIndex(position: readonly number[], strides: readonly number[]): number {
  let index = 0;
  for (let axis = 0; axis < position.length; axis++) index += (position[axis] as number) * (strides[axis] as number);
  return index;
}

/** For every element of `shape`, in order, the element of `from` that broadcasting puts there. */
export function broadcastIndex(from: Shape, shape: Shape): Int32Array {
  const missing = shape.length - from.length;
  const own = stridesOf(from);
  const strides = shape.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : (own[axis - missing] as number)));
  const index = new Int32Array(countElements(shape));
  forEachPosition(shape, (position, flat) => {
    index[flat] = flatIndex(position, strides);
  });
  return index;
}

/** For every element of `shape`, in order, the element of the shape reduced over `axes` that it goes into. */
export const reduceIndex = (shape: Shape, axes: readonly number[]): Int32Array =>
  broadcastIndex(
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    shape,
  );

/** Calls `visit(start, step)` for every line along `axis`: its elements are start, start + step, … */
export function forEachLine(shape: Shape, axis: number, visit: (start: number, step: number, line: number) => void): void {
  const outer = countElements(shape.slice(0, axis));
  const inner = countElements(shape.slice(axis + 1));
  const size = shape[axis] as number;
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) visit(o * size * inner + i, inner, o * inner + i);
}
