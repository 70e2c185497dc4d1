import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, type Plan } from "../launch";
import { SHARED_BLOCK, shareResults } from "./sharing";

const kernel = kernelsOf("softmax");

/** y = exp(x − max) / Σ exp(x − max) along `axis`. */
export const softmax: Plan<KernelTable["softmax"]> = ([x], [y], { axis }) =>
  softmaxLaunches("softmax", [x, y] as [CudaOperand, CudaOperand], axis);

/** The launch for softmax or its logarithm; none for an empty x. */
export function softmaxLaunches(
  name: "softmax" | "logSoftmax",
  [x, y]: readonly [CudaOperand, CudaOperand],
  axis: number,
): readonly Launch[] {
  const [n, inner] = [x.shape[axis] as number, product(x.shape.slice(axis + 1))];
  const lines = product(x.shape.slice(0, axis)) * inner;
  if (lines * n === 0) return [];
  const { lanes, columns, tiles } = shareResults(lines, n, inner);
  const words = [lines, n, inner, lanes, columns];
  return [{ kernel: kernel(name, x.dtype), bindings: [x, y], words, grid: tiles, block: SHARED_BLOCK }];
}
