import { type Axis, collapse, product, requireWalkable, stridesOf } from "./axes";

/** The values along an indexed axis for one index of all others, and where they go. */
export interface IndexedRows {
  readonly count: number;
  /** Values, and elements of y, of a row. */
  readonly length: number;
  readonly size: number;
  /** From one to the next in the values, which is how many rows lie side by side, and in y. */
  readonly step: number;
  readonly yStep: number;
  /** The other axes: size, step of the values, step of y. */
  readonly axes: readonly Axis[];
  /** Whether y has no rows without values. */
  readonly areAll: boolean;
}

/** The rows of values of shape `from` that go into y of shape `to` along `axis`. */
export function indexedRows(op: string, from: readonly number[], to: readonly number[], axis: number): IndexedRows {
  const [steps, ySteps] = [stridesOf(from), stridesOf(to)];
  const others = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
  const axes = collapse(others(from), others(steps), others(ySteps));
  requireWalkable(op, from, axes);
  return {
    count: product(others(from)),
    length: from[axis] as number,
    size: to[axis] as number,
    step: steps[axis] as number,
    yStep: ySteps[axis] as number,
    axes,
    areAll: product(others(from)) === product(others(to)),
  };
}
