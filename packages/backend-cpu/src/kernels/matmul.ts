import { formatShape, ShapeError } from "@vertebra/core";
import type { Launch, Plan } from "../launch";

export interface MatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
}

/** Terms that are summed in order before block sums are added: the b of the error bound. */
export const SUM_BLOCK = 256;

const COLUMNS = 256;
const BATCH_AXES = 6;
const ROW_BLOCK = 4;
/** Up to here b is better read in place than packed (matmulFewRows.c). */
const FEW_ROWS = 4;
const PACK_BYTES = COLUMNS * SUM_BLOCK * 4 + 64;

/** y [..., M, N] = op(a) [..., M, K] · op(b) [..., K, N], batch axes broadcast. */
export const matmul: Plan<MatmulAttrs> = ([a, b], [y], { transA, transB }, workers): Launch | null => {
  if (a === undefined || b === undefined || y === undefined) return null;
  const [m, n] = y.shape.slice(-2) as [number, number];
  const k = a.shape.at(transA ? -2 : -1) as number;
  const batch = y.shape.slice(0, -2);
  const entries = product(batch);
  if (entries * m * n === 0) return null;
  if (entries === 1 && m <= FEW_ROWS && transB && !transA)
    return { entry: "matmulFewRows", ints: [a.pointer, b.pointer, y.pointer, m, k, n] };

  const columnTasks = Math.ceil(n / COLUMNS);
  // Fewer, taller tasks pack b less often; 4 a worker keep all of them busy to the end.
  const wanted = Math.ceil((4 * workers) / (entries * columnTasks));
  const rowTasks = Math.max(1, Math.min(wanted, Math.floor(m / (ROW_BLOCK * 4))));
  const transposedBytes = transA ? align(entries * m * k * 4) : 0;
  return {
    entry: "matmul",
    ints: [
      a.pointer,
      b.pointer,
      y.pointer,
      0,
      entries,
      m,
      k,
      n,
      Number(transA),
      Number(transB),
      rowTasks,
      columnTasks,
      transposedBytes,
      PACK_BYTES,
      ...batchAxes(batch, a.shape, b.shape),
    ],
    scratchBytes: transposedBytes + workers * PACK_BYTES,
    scratchAt: 3,
  };
};

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** Batch axes as the kernel takes them: sizes, strides of a, strides of b; neighbours that both operands step alike are one axis. */
function batchAxes(batch: readonly number[], aShape: readonly number[], bShape: readonly number[]): readonly number[] {
  if (batch.length === 0) return NO_BATCH;
  const aStrides = batchStrides(aShape, batch.length);
  const bStrides = batchStrides(bShape, batch.length);
  const axes: [size: number, a: number, b: number][] = [];
  batch.forEach((size, i) => {
    const [a, b] = [aStrides[i] as number, bStrides[i] as number];
    const outer = axes.at(-1);
    if (outer && outer[1] === a * size && outer[2] === b * size) axes[axes.length - 1] = [outer[0] * size, a, b];
    else if (size > 1) axes.push([size, a, b]);
  });
  if (axes.length > BATCH_AXES)
    throw new ShapeError("matmul", {
      rule: `batch axes must be broadcast in at most ${BATCH_AXES} runs`,
      got: `${formatShape(aShape)} and ${formatShape(bShape)}`,
    });
  while (axes.length < BATCH_AXES) axes.unshift([1, 0, 0]);
  return [0, 1, 2].flatMap((part) => axes.map((axis) => axis[part] as number));
}

const NO_BATCH: readonly number[] = [1, 0, 0].flatMap((word) => new Array<number>(BATCH_AXES).fill(word));

/** Elements from one index to the next of each batch axis; 0 where the operand is broadcast. */
function batchStrides(shape: readonly number[], rank: number): number[] {
  let stride = product(shape.slice(-2));
  const strides = new Array<number>(rank).fill(0);
  for (let own = shape.length - 3, axis = rank - 1; own >= 0; own--, axis--) {
    const size = shape[own] as number;
    if (size > 1) strides[axis] = stride;
    stride *= size;
  }
  return strides;
}
