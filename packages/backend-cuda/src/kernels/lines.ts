import { product } from "@vertebra/core/plan";
import { SHARED_BLOCK, shareResults } from "./sharing";

/** The lines of a tensor along an axis, seen as [outer, n, inner], and how they are given to blocks. */
export interface Lines {
  /** outer · inner */
  readonly count: number;
  readonly n: number;
  readonly inner: number;
  /** Threads that share a line, a power of 2. */
  readonly lanes: number;
  /** Blocks for all lines. */
  readonly tiles: number;
}

export function linesOf(shape: readonly number[], axis: number): Lines {
  const inner = product(shape.slice(axis + 1));
  const count = product(shape.slice(0, axis)) * inner;
  const n = shape[axis] as number;
  return { count, n, inner, ...shareResults(count, n, inner) };
}

/** The words of `Lines` in lines.h. */
export const linesWords = ({ count, n, inner, lanes }: Lines): number[] => [
  count,
  n,
  inner,
  lanes,
  inner > 1 ? SHARED_BLOCK / lanes : 1,
];
