import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { broadcastShapes, countElements, type Shape, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireFloats } from "./rules";

export interface MatmulAttrs {
  /** a is [..., K, M] instead of [..., M, K]. */
  readonly transA: boolean;
  /** b is [..., N, K] instead of [..., K, N]. */
  readonly transB: boolean;
}

export const matmulOp = defineOp<MatmulAttrs>()({
  name: "matmul",
  inputs: ["a", "b"],
  outputs: ["y"],
  precision: "low",
  infer: (specs, attrs) => {
    const [a, b] = specs as [TensorSpec, TensorSpec];
    const dtype = requireFloats("matmul", ["a", "b"], specs);
    const { m, k, n, kOfB } = matmulSizes(a.shape, b.shape, attrs);
    if (k !== kOfB) {
      throw new ShapeError("matmul", {
        rule: `the inner sizes must be equal (a's ${attrs.transA ? "rows" : "columns"}, b's ${attrs.transB ? "columns" : "rows"})`,
        got: `${k} and ${kOfB} of a ${formatShape(a.shape)} and b ${formatShape(b.shape)}`,
        fix: "Use transA or transB to swap the last two axes",
      });
    }
    const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [{ shape: [...batch, m, n], dtype }];
  },
  vjp: {
    // y = a·b: da = dy·bᵀ, db = aᵀ·dy; with a transposed argument its gradient is the transpose of that.
    a: {
      saves: ["b"],
      grad: ({ dy, saved, attrs: { transA, transB } }) =>
        transA ? matmul(saved("b"), dy, { transA: transB, transB: true }) : matmul(dy, saved("b"), { transB: !transB }),
    },
    b: {
      saves: ["a"],
      grad: ({ dy, saved, attrs: { transA, transB } }) =>
        transB ? matmul(dy, saved("a"), { transA: true, transB: transA }) : matmul(saved("a"), dy, { transA: !transA }),
    },
  },
  macs: ([a], [y], attrs) =>
    countElements(y?.shape ?? []) * sizeAt(a?.shape ?? [], (a?.shape.length ?? 0) - (attrs.transA ? 2 : 1)),
});

/** M, K and N of a product of the last two axes. */
export function matmulSizes(
  a: Shape,
  b: Shape,
  { transA, transB }: MatmulAttrs,
): { m: number; k: number; n: number; kOfB: number } {
  if (a.length < 2 || b.length < 2) {
    throw new ShapeError("matmul", {
      rule: "a and b must have at least 2 axes",
      got: `a ${formatShape(a)} and b ${formatShape(b)}`,
      fix: "Add an axis of size 1 with reshape",
    });
  }
  const rowsOf = (shape: Shape) => sizeAt(shape, shape.length - 2);
  const columnsOf = (shape: Shape) => sizeAt(shape, shape.length - 1);
  return {
    m: transA ? columnsOf(a) : rowsOf(a),
    k: transA ? rowsOf(a) : columnsOf(a),
    n: transB ? rowsOf(b) : columnsOf(b),
    kOfB: transB ? columnsOf(b) : rowsOf(b),
  };
}

/**
 * Matrix product over the last two axes: a [..., M, K] · b [..., K, N] → [..., M, N]; leading axes are batches and broadcast.
 * @throws ShapeError if the inner sizes differ.
 */
export const matmul = (a: Tensor, b: Tensor, { transA = false, transB = false }: Partial<MatmulAttrs> = {}): Tensor =>
  apply1(matmulOp, [a, b], { transA, transB });
