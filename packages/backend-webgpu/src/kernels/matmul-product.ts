import type { KernelTable } from "@vertebra/core";
import { type Axis, broadcastStrides, collapse, product, requireWalkable } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";

/** One of a product's operands: matrices of k × `length` numbers, or `length` × k. */
export interface Side {
  readonly operand: GpuOperand;
  /** Of the axis that isn't k. */
  readonly length: number;
  /** k is the contiguous axis. */
  readonly isAlongK: boolean;
  /** The contiguous axis is a multiple of 4, so that every row and every matrix begins at a whole vec4. */
  readonly isInFours: boolean;
}

/** y [entries, M, N] = a · b. */
export interface Product {
  readonly a: Side;
  readonly b: Side;
  readonly y: GpuOperand;
  readonly k: number;
  readonly entries: number;
  /** Sizes, and elements from one matrix of a and of b to the next: their product is `entries`. */
  readonly batch: readonly Axis[];
}

/** The product with as few batch entries and axes as it can be written with. */
export function productOf(
  [a, b]: readonly [GpuOperand, GpuOperand],
  y: GpuOperand,
  k: number,
  { transA, transB }: KernelTable["matmul"],
): Product {
  const [m, n] = y.shape.slice(-2) as [number, number];
  const sizes = y.shape.slice(0, -2);
  const batches = [a, b].map(({ shape }) => shape.slice(0, -2));
  const right = sideOf(b, n, k, transB);
  // With one b for all, the rows of all of a's matrices are those of one.
  if (!transA && product(batches[1] as number[]) === 1)
    return { a: sideOf(a, product(sizes) * m, k, true), b: right, y, k, entries: 1, batch: [] };
  const matrices = [m * k, k * n];
  const steps = batches.map((own, i) => broadcastStrides(own, sizes.length).map((stride) => stride * (matrices[i] as number)));
  const batch = collapse(sizes, ...steps);
  requireWalkable("matmul", y.shape, batch);
  return { a: sideOf(a, m, k, !transA), b: right, y, k, entries: product(sizes), batch };
}

function sideOf(operand: GpuOperand, length: number, k: number, isKLast: boolean): Side {
  // A single row or column lies both ways: the longer axis is the contiguous one.
  const isAlongK = length === 1 || (k > 1 && isKLast);
  return { operand, length, isAlongK, isInFours: (isAlongK ? k : length) % 4 === 0 };
}

/** The end of the kernels' params: how many batch axes there are, then at a multiple of four words the axes. */
export function batchWords(batch: readonly Axis[], wordsBefore: number): number[] {
  const words = [batch.length];
  while ((wordsBefore + words.length) % 4 > 0) words.push(0);
  for (const [size, a, b] of batch) words.push(size, a as number, b as number, 0);
  return words;
}
