import type { KernelTable } from "@vertebra/core";
import { type IndexedRows, indexedRows, MAX_AXES, product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, type Limits, type Plan } from "../launch";
import { divisorWords } from "./divisor";
import { fillSteps } from "./fill";

const kernel = kernelsOf("scatterAdd");

/** Warps of a block, each with a range of y in shared memory. */
const WARPS = 4;
/** Elements of the largest range, so that several blocks share a multiprocessor, and of the smallest that is worth a pass over the values. */
const LARGEST_RANGE = 2048;
const SMALLEST_RANGE = 256;
/** Warps that keep a multiprocessor busy. */
const ENOUGH_WARPS = 16;

/** Zeros of `shape` with values[i, j, k] added at [i, indices[i, j, k], k] for axis 1, and so on. */
export const scatterAdd: Plan<KernelTable["scatterAdd"]> = (inputs, outputs, { axis, shape }, limits) => {
  const [values, indices] = inputs as [CudaOperand, CudaOperand];
  const y = outputs[0] as CudaOperand;
  if (product(shape) === 0) return [];
  if (product(values.shape) === 0) return fillSteps(y, 0);
  const rows = indexedRows("scatterAdd", values.shape, shape, axis);
  const zeros = rows.areAll ? [] : fillSteps(y, 0);
  return [...zeros, addLaunch([values, indices, y], rows, limits)];
};

function addLaunch(bindings: readonly CudaOperand[], rows: IndexedRows, limits: Limits): Launch {
  const { count, length, size, step, yStep, axes } = rows;
  const range = rangeOf(rows, limits);
  const ranges = Math.ceil(size / range);
  const bits = 32 - Math.clz32(range - 1);
  const words = [count * ranges, ...divisorWords(ranges), range, bits, length, size, step, yStep, axes.length];
  for (let axis = 0; axis < MAX_AXES; axis++) {
    const [own, ownStep = 0, ownYStep = 0] = axes[axis] ?? [1];
    words.push(...divisorWords(own), ownStep, ownYStep);
  }
  return {
    kernel: kernel("scatterAdd", bindings[0]?.dtype),
    bindings,
    words,
    grid: Math.ceil((count * ranges) / WARPS),
    block: 32 * WARPS,
    sharedBytes: 4 * range * WARPS,
  };
}

/** Elements of y that a warp makes, whole lines of memory: fewer where there would be too few warps. */
function rangeOf({ count, size }: IndexedRows, { multiprocessors }: Limits): number {
  const toFill = Math.ceil((multiprocessors * ENOUGH_WARPS) / count);
  const ranges = Math.max(Math.ceil(size / LARGEST_RANGE), Math.min(Math.ceil(size / SMALLEST_RANGE), toFill));
  return Math.ceil(size / ranges / 32) * 32;
}
