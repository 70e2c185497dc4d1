import { product, stridesOf } from "@vertebra/core/plan";

type Shape = readonly number[];

/** Alternating axes, rows and columns of every number of lanes, with and without whole quads, in one part and in several. */
export const REDUCTIONS: readonly (readonly [shape: Shape, axes: Shape])[] = [
  [[7, 3], []],
  [[300, 4], [1]],
  [[70, 17], [1]],
  [[9, 130], [1]],
  [[3, 1028], [1]],
  [[3, 517], [1]],
  [[2, 1101], [1]],
  [[2, 20004], [1]],
  [[2, 40004], [1]],
  [[30_001], [0]],
  [[17, 40], [0]],
  [[129, 40], [0]],
  [[700, 65], [0]],
  [[1100, 2], [0]],
  [[2000, 7], [0]],
  [[5000, 33], [0]],
  [[40, 30, 4], [1]],
  [
    [2, 3, 2, 3, 2, 3],
    [0, 2, 4],
  ],
  [
    [2, 3, 2, 3, 2, 3],
    [1, 3, 5],
  ],
  [
    [6, 5, 7, 7],
    [0, 2, 3],
  ],
  [
    [16, 3, 33, 44],
    [0, 2, 3],
  ],
];

/** Integers −9 … 9, with many equals. */
export const smallInts = (shape: Shape): Int32Array =>
  Int32Array.from({ length: product(shape) }, (_, i) => (((i * i * 75 + i * 74) % 65537) % 19) - 9);

/** For each result of a reduction over `axes`, the elements of x that it is made of, in order. */
export function termsOf(x: ArrayLike<number>, shape: Shape, axes: Shape): number[][] {
  const strides = stridesOf(shape);
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis));
  const sizes = kept.map((axis) => shape[axis] as number);
  const steps = stridesOf(sizes);
  const lists: number[][] = Array.from({ length: product(sizes) }, () => []);
  for (let i = 0; i < x.length; i++) {
    const index = (axis: number) => Math.floor(i / (strides[axis] as number)) % (shape[axis] as number);
    lists[kept.reduce((at, axis, j) => at + index(axis) * (steps[j] as number), 0)]?.push(x[i] as number);
  }
  return lists;
}
