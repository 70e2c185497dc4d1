import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";
import { type Calls, isLarge, type OpCall, type Run } from "./calls";

/** dw = Σ over runs of images. */
export function conv2dWeightGrad(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const dw = outputs[0] as GpuOperand;
  calls.foldRuns(dw, "add", inputs, (parts, part) => calls.into(part, op, parts, attrs));
}

interface MatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
}

/** By rows of y, by its columns, or as a sum over runs of k: whichever the large operand lies in runs of. */
export function matmul(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const { transA, transB } = attrs as MatmulAttrs;
  const [a, b, y] = asMatrices([...inputs, ...outputs] as [GpuOperand, GpuOperand, GpuOperand], transA) ?? calls.refuse();
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
  const terms = runs.map((run) => into(calls.temporary(y.shape, y.dtype), termsOfA(run), termsOfB(run)));
  calls.fold(y, "add", terms);
}

/** A copy of some columns of a matrix. */
function columnsOf(calls: Calls, x: GpuOperand, [first, count]: Run): GpuOperand {
  const sizes = [x.shape[0] as number, count];
  return calls.make(sizes, "slice", [x], { starts: [0, first], sizes, steps: [1, 1] }, x.dtype);
}

/** a, b and y without batch axes: where b has none, the rows of all of a's matrices are those of one. */
function asMatrices([a, b, y]: readonly [GpuOperand, GpuOperand, GpuOperand], transA: boolean) {
  const flat = (one: GpuOperand): GpuOperand => ({
    ...one,
    shape: [product(one.shape.slice(0, -1)), one.shape.at(-1) as number],
  });
  const isOne = ({ shape }: GpuOperand) => product(shape.slice(0, -2)) === 1;
  return isOne(b) && (isOne(a) || !transA) ? ([flat(a), flat(b), flat(y)] as const) : undefined;
}
