import { countOf, flatten, indicesOf } from "./indexing";
import type { HostTensor } from "./run-plan";

type Shape = readonly number[];

/** Shapes and axes that a reduction sees: rows, columns, channels, alternating runs, sizes around vectors, leaves and parts. */
export const REDUCTIONS: readonly (readonly [shape: Shape, axes: Shape])[] = [
  [[], []],
  [[1], [0]],
  [[5], [0]],
  [[7, 3], []],
  [[3, 7], [1]],
  [[7, 3], [0]],
  [[9, 65], [1]],
  [[65, 9], [0]],
  [
    [63, 64],
    [0, 1],
  ],
  [
    [2, 3, 8, 9],
    [0, 2, 3],
  ],
  [
    [4, 5, 1, 1],
    [2, 3],
  ],
  [
    [4, 5, 1, 1],
    [0, 2, 3],
  ],
  [
    [5, 3, 7, 9],
    [2, 3],
  ],
  [[3, 4, 5], [1]],
  [
    [3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [0, 2, 4],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [1, 3, 5],
  ],
  [[1025], [0]],
  [[200, 300], [0]],
  [[300, 257], [0]],
  [[2, 130, 5], [1]],
  [[70001], [0]],
  [[3, 40000], [1]],
  [[9000, 10], [0]],
  [[20000, 2], [0]],
  [
    [16, 3, 33, 41],
    [0, 2, 3],
  ],
  [[100, 500], [1]],
  [
    [70, 2, 300],
    [0, 2],
  ],
];

export const reducedShape = (shape: Shape, axes: Shape): number[] => shape.filter((_, axis) => !axes.includes(axis));

/** For each output element, the elements of x that it is made of, in logical order. */
export function terms(x: HostTensor, axes: Shape): number[][] {
  const shape = reducedShape(x.shape, axes);
  const lists: number[][] = Array.from({ length: countOf(shape) }, () => []);
  let flat = 0;
  for (const index of indicesOf(x.shape)) {
    const at = flatten(
      index.filter((_, axis) => !axes.includes(axis)),
      shape,
    );
    lists[at]?.push(x.data[flat++] as number);
  }
  return lists;
}

/** Integers −9 … 9, with many equals. */
export const smallInts = (shape: Shape): HostTensor => ({
  shape,
  data: Int32Array.from({ length: countOf(shape) }, (_, i) => (((i * i * 75 + i * 74) % 65537) % 19) - 9),
});
