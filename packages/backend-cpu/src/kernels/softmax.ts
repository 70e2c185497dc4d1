import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Launch, Plan } from "../launch";
import { tasksFor } from "./axes";

/** y = exp(x − max) / Σ exp(x − max) along `axis`. */
export const softmax: Plan<KernelTable["softmax"]> = ([x], [y], { axis }, workers) =>
  planSoftmax("softmax", [x, y] as [CpuOperand, CpuOperand], axis, workers);

/** The launch of a kernel that works along one axis of x, seen as [outer, n, inner]. */
export function planSoftmax(
  entry: string,
  [x, y]: readonly [CpuOperand, CpuOperand],
  axis: number,
  workers: number,
): Launch | null {
  const elements = product(x.shape);
  if (elements === 0) return null;
  const outer = product(x.shape.slice(0, axis));
  const inner = product(x.shape.slice(axis + 1));
  const n = x.shape[axis] as number;
  return { entry, ints: [x.pointer, y.pointer, outer, n, inner, tasksFor(elements, workers, PARALLEL_FROM)] };
}

/** An exponential a element: a quarter of what an addition needs to be worth a second thread. */
const PARALLEL_FROM = 8192;
