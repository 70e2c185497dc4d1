import { DTYPES, type KernelTable } from "@vertebra/core";
import { patternOf, product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Limits, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./fill.wgsl";

const SHADER = shader("fill", code);

/** y[i] = value */
export const fill: Plan<KernelTable["fill"]> = (_, outputs, { value }, limits) => {
  const y = outputs[0] as GpuOperand;
  return product(y.shape) === 0 ? [] : [fillLaunch(y, value, limits)];
};

/** All elements of `y`, at least one, become `value`. */
export function fillLaunch(y: GpuOperand, value: number, limits: Limits): Launch {
  const quads = Math.ceil((product(y.shape) * DTYPES[y.dtype].bytes) / 16);
  return { shader: SHADER, params: [quads, patternOf(y.dtype, value)], bindings: [y], grid: gridFor(quads, limits) };
}
