import type { KernelTable } from "@vertebra/core";
import { product, productOf } from "@vertebra/core/plan";
import type { CudaOperand, DescribeCall } from "../launch";
import { dtypeNumber, MOST_WORKSPACE_BYTES } from "./numbers";

/** y [..., M, N] = op(a) · op(b) as one strided batch; undefined where the batch axes are broadcast in a way that isn't one. */
export const describeMatmul: DescribeCall<KernelTable["matmul"]> = (inputs, outputs, attrs, { tf32 }) => {
  const y = outputs[0] as CudaOperand;
  const k = (inputs[0] as CudaOperand).shape.at(attrs.transA ? -2 : -1) as number;
  const dtype = dtypeNumber(y.dtype);
  if (dtype === undefined || k === 0 || product(y.shape) === 0) return undefined;
  const { a, b, entries, batch } = productOf(inputs as readonly [CudaOperand, CudaOperand], y, k, attrs);
  if (batch.length > 1) return undefined;
  const [, strideA = 0, strideB = 0] = batch[0] ?? [];
  // A single row or column lies both ways: it is called transposed where that is how it lies.
  const isATransposed = !a.isAlongK;
  const isBTransposed = b.isAlongK;
  const flags = [isATransposed, isBTransposed].map(Number);
  return {
    kind: "matmul",
    numbers: [dtype, Number(tf32), a.length, b.length, k, ...flags, entries, strideA, strideB, MOST_WORKSPACE_BYTES],
    isForTensorCores: tf32 || y.dtype !== "f32",
    operands: [a.operand, b.operand, y],
    product: { entries, rows: a.length, columns: b.length, terms: k },
  };
};
