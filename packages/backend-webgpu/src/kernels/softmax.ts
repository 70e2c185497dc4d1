import type { KernelTable } from "@vertebra/core";
import { type GpuOperand, gridFor, type Launch, type Limits, type Plan } from "../launch";
import { shader } from "../shader";
import { linesOf, shareResults } from "./sharing";
import code from "./softmax.wgsl";

const SHADER = shader("softmax", code);

/** y = exp(x − max) / Σ exp(x − max) along `axis`. */
export const softmax: Plan<KernelTable["softmax"]> = ([x], [y], { axis }, limits) =>
  softmaxLaunches([x, y] as [GpuOperand, GpuOperand], axis, false, limits);

/** The launch for softmax or its logarithm; none for an empty x. */
export function softmaxLaunches(
  [x, y]: readonly [GpuOperand, GpuOperand],
  axis: number,
  isLog: boolean,
  limits: Limits,
): readonly Launch[] {
  const { count, n, inner } = linesOf(x.shape, axis);
  if (count * n === 0) return [];
  const { lanes, columns, tiles } = shareResults(count, n, inner);
  const params = [count, n, inner, lanes, columns];
  return [{ shader: SHADER, constants: { LOG: Number(isLog) }, params, bindings: [x, y], grid: gridFor(tiles, limits, 1) }];
}
