import type { MatmulAttrs } from "../ops/matmul";
import { type Axis, broadcastStrides, collapse, product, requireWalkable } from "./axes";

/** What a plan knows of a tensor's place is the backend's. */
interface Shaped {
  readonly shape: readonly number[];
}

/** One of a product's operands: matrices of k × `length` numbers, or `length` × k. */
export interface Side<Operand> {
  readonly operand: Operand;
  /** Of the axis that isn't k. */
  readonly length: number;
  /** k is the contiguous axis. */
  readonly isAlongK: boolean;
  /** The contiguous axis is a multiple of 4, so that every row and every matrix begins at a whole quad. */
  readonly isInFours: boolean;
}

/** y [entries, M, N] = a · b. */
export interface Product<Operand> {
  readonly a: Side<Operand>;
  readonly b: Side<Operand>;
  readonly y: Operand;
  readonly k: number;
  readonly entries: number;
  /** Sizes, and elements from one matrix of a and of b to the next: their product is `entries`. */
  readonly batch: readonly Axis[];
}

/** The product with as few batch entries and axes as it can be written with. */
export function productOf<Operand extends Shaped>(
  [a, b]: readonly [Operand, Operand],
  y: Operand,
  k: number,
  { transA, transB }: MatmulAttrs,
): Product<Operand> {
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

function sideOf<Operand>(operand: Operand, length: number, k: number, isKLast: boolean): Side<Operand> {
  // A single row or column lies both ways: the longer axis is the contiguous one.
  const isAlongK = length === 1 || (k > 1 && isKLast);
  return { operand, length, isAlongK, isInFours: (isAlongK ? k : length) % 4 === 0 };
}
