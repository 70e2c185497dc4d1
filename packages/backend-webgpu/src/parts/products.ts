import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";
import { type Calls, isLarge, type OpCall, type Run } from "./calls";

interface MatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
}

/** By rows of y, by its columns, or as a sum over runs of k: whichever the large operand lies in runs of. */
export function matmul(calls: Calls, call: OpCall): void {
  const product2d = asMatrices(call);
  if (!product2d) {
    inBatches(calls, call);
    return;
  }
  const { a, b, y, transA, transB } = withLines(product2d);
  const attrs: MatmulAttrs = { transA, transB };
  const [isLargeA, isLargeB, isLargeY] = [a, b, y].map((one) => isLarge(one, calls.limits));
  const into = (part: GpuOperand, left: GpuOperand, right: GpuOperand) => calls.into(part, "matmul", [left, right], attrs);
  // The large one is cut along its own axis 0; others along the same axis of the product.
  const cut = (x: GpuOperand, axis: 0 | 1) => (run: Run) => (axis === 0 ? calls.read(x, run) : columnsOf(calls, x, run));
  if (isLargeY || (isLargeA && !transA)) {
    const rowsOfA = cut(a, transA ? 1 : 0);
    calls.write(y, calls.runs(transA ? [y] : [y, a]), (part, run) => into(part, rowsOfA(run), b));
    return;
  }
  if (isLargeB && transB) {
    const columns = calls
      .runs([b])
      .map((run) => into(calls.temporary([y.shape[0] as number, run[1]], y.dtype), a, calls.read(b, run)));
    calls.into(y, "concat", columns, { axis: 1, sizes: columns.map(({ shape }) => shape[1]) });
    return;
  }
  const [termsOfA, termsOfB] = [cut(a, transA ? 0 : 1), cut(b, transB ? 1 : 0)];
  const runs = calls.runs([...(transA ? [a] : []), ...(transB ? [] : [b])]);
  calls.fold(y, "add", runs, (term, run) => into(term, termsOfA(run), termsOfB(run)));
}

/** A copy of some columns of a matrix. */
function columnsOf(calls: Calls, x: GpuOperand, [first, count]: Run): GpuOperand {
  const sizes = [x.shape[0] as number, count];
  return calls.make(sizes, "slice", [x], { starts: [0, first], sizes, steps: [1, 1] }, x.dtype);
}

interface Product2d extends MatmulAttrs {
  readonly a: GpuOperand;
  readonly b: GpuOperand;
  readonly y: GpuOperand;
}

/** A product without batch axes: where b has none, the rows of all of a's matrices are those of one. */
function asMatrices({ inputs, outputs, attrs }: OpCall): Product2d | undefined {
  const [a, b] = inputs as [GpuOperand, GpuOperand];
  const { transA, transB } = attrs as MatmulAttrs;
  const flat = (one: GpuOperand) => matrix(one, product(one.shape.slice(0, -1)));
  const isOne = ({ shape }: GpuOperand) => product(shape.slice(0, -2)) === 1;
  if (!isOne(b) || !(isOne(a) || !transA)) return undefined;
  return { a: flat(a), b: flat(b), y: flat(outputs[0] as GpuOperand), transA, transB };
}

const matrix = (one: GpuOperand, rows: number): GpuOperand => ({ ...one, shape: [rows, product(one.shape) / rows] });

/** The same product with what is a single row or column laid so that it can be cut along axis 0. */
function withLines(given: Product2d): Product2d {
  const { a, b, y, transA, transB } = given;
  const [m, n] = y.shape as [number, number];
  // y is its own transpose, bᵀ · aᵀ.
  if (m === 1 && n > 1) return withLines({ a: b, b: a, y: matrix(y, n), transA: !transB, transB: !transA });
  const k = product(a.shape) / m;
  // [M, 1] · [1, N]
  if (k === 1) return { a: matrix(a, m), b: matrix(b, n), y, transA: false, transB: true };
  return {
    ...(m === 1 ? { a: matrix(a, k), transA: true } : { a, transA }),
    ...(n === 1 ? { b: matrix(b, k), transB: false } : { b, transB }),
    y,
  };
}

/** Runs of the first of the batch axes; of the only entry without it. */
function inBatches(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const y = outputs[0] as GpuOperand;
  const [size, rank] = [y.shape[0] as number, y.shape.length];
  // What has fewer axes, or 1 there, is broadcast.
  const inner = (one: GpuOperand): GpuOperand => (one.shape.length === rank ? { ...one, shape: one.shape.slice(1) } : one);
  if (size === 1) {
    calls.into(inner(y), op, inputs.map(inner), attrs);
    return;
  }
  const isDivided = ({ shape }: GpuOperand) => shape.length === rank && shape[0] === size;
  const isWholeLarge = inputs.some((one) => !isDivided(one) && isLarge(one, calls.limits));
  const divided = [...inputs, y].filter(isDivided);
  calls.write(y, isWholeLarge ? calls.oneByOne(divided) : calls.runs(divided), (part, run) =>
    calls.into(
      part,
      op,
      inputs.map((one) => (isDivided(one) ? calls.read(one, run) : one)),
      attrs,
    ),
  );
}
