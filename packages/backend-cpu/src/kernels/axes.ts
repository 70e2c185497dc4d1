import { formatShape, ShapeError } from "@vertebra/core";

/** One axis of a loop nest: its size, then each operand's step in elements (0 where it is broadcast). */
export type Axis = readonly [size: number, ...steps: number[]];

/** Axes that a kernel's walk takes (walk.h). */
const MAX_AXES = 8;

/** From so many elements on a second thread pays; a task has at least half as many. */
const PARALLEL_ELEMENTS = 32768;

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

/** Appends the axes' sizes and steps to `words`, and in front of them how many they are. Plain loops: plans run before every kernel. */
export function pushAxes(words: number[], ...lists: readonly (readonly Axis[])[]): void {
  for (const axes of lists) words.push(axes.length);
  for (const axes of lists) for (const axis of axes) for (let k = 0; k < axis.length; k++) words.push(axis[k] as number);
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

/** Tasks for `elements` elements of equal work: one where threads don't pay, else some more than workers. */
export function tasksFor(elements: number, workers: number, parallelFrom = PARALLEL_ELEMENTS): number {
  if (workers === 1 || elements < parallelFrom) return 1;
  return Math.min(8 * workers, Math.ceil((2 * elements) / parallelFrom));
}
