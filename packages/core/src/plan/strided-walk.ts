import { type Axis, collapse, requireWalkable } from "./axes";

/** Where y's elements come from: a step of x for each of y's axes. */
export interface Gathering {
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  /** x's element that y's first one is. Default: 0. */
  readonly start?: number;
}

/** A walk through x in the order of y, which is contiguous. */
export interface StridedWalk {
  /** Size and step of x; at least one. */
  readonly axes: readonly Axis[];
  readonly start: number;
}

/** The walk with as few axes as it can have. */
export function stridedWalk(op: string, { sizes, steps, start = 0 }: Gathering): StridedWalk {
  const axes = collapse(sizes, steps);
  requireWalkable(op, sizes, axes);
  return { axes: axes.length === 0 ? [[1, 1]] : axes, start };
}

/** True if y is rows of `elements` elements side by side in x, each at a multiple of them. A single row may end with a part. */
export function isWalkInUnits({ axes, start }: StridedWalk, elements: number): boolean {
  const [size, step] = axes.at(-1) as Axis;
  const isInWholes = step === 1 && start % elements === 0 && (size % elements === 0 || axes.length === 1);
  return isInWholes && axes.every(([, own = 0], i) => i === axes.length - 1 || own % elements === 0);
}

/** The same walk, counted in units of `elements`. */
export function walkInUnits({ axes, start }: StridedWalk, elements: number): StridedWalk {
  const inUnits = axes.map(([size, step = 0], i): Axis => {
    if (i < axes.length - 1) return [size, step / elements];
    return elements === 1 ? [size, step] : [Math.ceil(size / elements), 1];
  });
  return { axes: inUnits, start: start / elements };
}

/**
 * The axis that x is contiguous in, where it is worth being transposed with the innermost one: both are at least `shortest` long.
 * −1 if there is none.
 */
export function transposedAxis({ axes }: StridedWalk, shortest: number): number {
  const [columns, step] = axes.at(-1) as Axis;
  if ((step as number) <= 1 || columns < shortest) return -1;
  return axes.findIndex(([size, ownStep]) => ownStep === 1 && size >= shortest);
}
