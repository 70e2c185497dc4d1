import { formatShape, ShapeError } from "../errors";

/** One axis of a loop nest: its size, then each operand's step in elements (0 where it is broadcast). */
export type Axis = readonly [size: number, ...steps: number[]];

/** Axes that kernels walk over. */
export const MAX_AXES = 8;

export const product = (sizes: readonly number[]): number => {
  let total = 1;
  for (const size of sizes) total *= size;
  return total;
};

/** Elements from one index to the next on each axis of a contiguous tensor. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

/** Steps of an operand of `shape` along the axes of a result of `rank` that it is broadcast to. */
export function broadcastStrides(shape: readonly number[], rank: number): number[] {
  const strides = new Array<number>(rank).fill(0);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size > 1) strides[rank - shape.length + axis] = stride;
    stride *= size;
  }
  return strides;
}

/** `sizes` with each operand's steps, as few axes as they are: size 1 left out, neighbours that all operands step alike joined. */
export function collapse(sizes: readonly number[], ...steps: readonly (readonly number[])[]): Axis[] {
  const axes: [number, ...number[]][] = [];
  let outer: [number, ...number[]] | undefined;
  for (let axis = 0; axis < sizes.length; axis++) {
    const size = sizes[axis] as number;
    if (size === 1) continue;
    let isJoined = outer !== undefined;
    for (let k = 0; isJoined && k < steps.length; k++) isJoined = outer?.[k + 1] === (steps[k]?.[axis] as number) * size;
    if (outer === undefined || !isJoined) axes.push((outer = [size]));
    else outer[0] *= size;
    for (let k = 0; k < steps.length; k++) outer[k + 1] = steps[k]?.[axis] as number;
  }
  return axes;
}

/** @throws ShapeError if `axes` are more than a kernel walks over. */
export function requireWalkable(op: string, shape: readonly number[], axes: readonly Axis[]): void {
  if (axes.length <= MAX_AXES) return;
  throw new ShapeError(op, {
    rule: `at most ${MAX_AXES} axes may differ in order or broadcasting`,
    got: formatShape(shape),
    fix: "Join axes with reshape first",
  });
}

/** Axes of `shape` that stay and that are reduced over, neighbours of a kind joined. */
export function keptAndReduced(shape: readonly number[], axes: readonly number[]): { kept: Axis[]; reduced: Axis[] } {
  const strides = stridesOf(shape);
  const only = (wanted: boolean) => {
    const list = shape.map((_, axis) => axis).filter((axis) => axes.includes(axis) === wanted);
    return collapse(
      list.map((axis) => shape[axis] as number),
      list.map((axis) => strides[axis] as number),
    );
  };
  return { kept: only(false), reduced: only(true) };
}

/** Where the element at `index` lies. */
export const offsetOf = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((offset, i, axis) => offset + i * (strides[axis] as number), 0);

/** Strides of every steps[i]-th index. */
export const timesSteps = (strides: readonly number[], steps: readonly number[]): number[] =>
  strides.map((stride, axis) => stride * (steps[axis] as number));
