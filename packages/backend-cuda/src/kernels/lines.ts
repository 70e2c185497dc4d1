import { product } from "@vertebra/core/plan";

/** Threads of a block whose lines are shared by several. As in lines.h. */
export const LINES_THREADS = 256;
const WARP = 32;
/** Elements that a thread takes alone before more than a warp share a line. */
const ELEMENTS_PER_LANE = 8;

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
  const lanes = inner > 1 ? lanesAcross(n, inner) : lanesAlong(n);
  return { count, n, inner, lanes, tiles: Math.ceil(count / (LINES_THREADS / lanes)) };
}

/** The words of `Lines` in lines.h. */
export const linesWords = ({ count, n, inner, lanes }: Lines): number[] => [
  count,
  n,
  inner,
  lanes,
  inner > 1 ? LINES_THREADS / lanes : 1,
];

/** Neighbours read neighbouring elements, a warp's width of them; then as many threads as have enough to do. */
function lanesAlong(n: number): number {
  let lanes = 1;
  while (lanes < LINES_THREADS && lanes * (lanes < WARP ? 1 : ELEMENTS_PER_LANE) < n) lanes *= 2;
  return lanes;
}

/** Neighbours read neighbouring lines, up to a warp's width of them. */
function lanesAcross(n: number, inner: number): number {
  const most = LINES_THREADS / 2 ** Math.floor(Math.log2(Math.min(inner, WARP)));
  let lanes = 1;
  while (lanes < most && lanes * ELEMENTS_PER_LANE < n) lanes *= 2;
  return lanes;
}
