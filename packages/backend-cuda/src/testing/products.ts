import { type DType, type MatmulAttrs, Philox, type Shape } from "@vertebra/core";
import { broadcastStrides, product } from "@vertebra/core/plan";
import type { CudaOperand } from "../launch";

export const PLAIN: MatmulAttrs = { transA: false, transB: false };
export const TRANSPOSES: readonly MatmulAttrs[] = [
  PLAIN,
  { transA: true, transB: false },
  { transA: false, transB: true },
  { transA: true, transB: true },
];

export const operandOf = (shape: Shape, dtype: DType = "f32"): CudaOperand => ({ memory: { address: 0 }, shape, dtype });

/** Shapes of a, b and y. */
export const shapesOf = (m: number, n: number, k: number, { transA, transB }: MatmulAttrs): [Shape, Shape, Shape] => [
  transA ? [k, m] : [m, k],
  transB ? [n, k] : [k, n],
  [m, n],
];

/** −1, 0 or 1: sums of up to 256 of them are exact in bf16. */
export const integers = (shape: Shape, seed: number): Float32Array =>
  Float32Array.from(new Philox(seed).uniformArray(product(shape)), (value) => Math.floor(3 * value) - 1);

/** y [...batch, M, N] by loops. */
export function productOf(
  [a, left]: readonly [Shape, Float32Array],
  [b, right]: readonly [Shape, Float32Array],
  batch: Shape,
  { transA, transB }: MatmulAttrs,
): Float64Array {
  const [m, k] = (transA ? a.slice(-2).reverse() : a.slice(-2)) as [number, number];
  const n = b.at(transB ? -2 : -1) as number;
  const [aRow, aStep, bStep, bColumn] = [transA ? 1 : k, transA ? m : 1, transB ? 1 : n, transB ? k : 1];
  const [ofA, ofB] = [a, b].map((shape) => broadcastStrides(shape.slice(0, -2), batch.length)) as [number[], number[]];
  return Float64Array.from({ length: product(batch) * m * n }, (_, i) => {
    const entry = indexOf(Math.floor(i / (m * n)), batch);
    const aAt = dot(entry, ofA) * m * k + (Math.floor(i / n) % m) * aRow;
    const bAt = dot(entry, ofB) * k * n + (i % n) * bColumn;
    let sum = 0;
    for (let l = 0; l < k; l++) sum += (left[aAt + l * aStep] as number) * (right[bAt + l * bStep] as number);
    return sum;
  });
}

const indexOf = (i: number, sizes: Shape): number[] =>
  sizes.map((size, axis) => Math.floor(i / product(sizes.slice(axis + 1))) % size);
const dot = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, value, axis) => sum + value * (strides[axis] as number), 0);
