import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { floatWord, type GpuOperand, type Plan } from "../launch";
import { shader } from "../shader";
import { NO_STATE } from "./optimizer-step";
import code from "./updateRunningStats.wgsl";

const SHADER = shader("updateRunningStats", code);

/** Running statistics moved towards a batch's, in place; the count may be missing. One workgroup: it alone advances the count. */
export const updateRunningStats: Plan<KernelTable["updateRunningStats"]> = (inputs, _outputs, { momentum, correction }) => {
  const count = inputs[4];
  const constants = { hasCount: Number(count !== undefined), isAverage: Number(momentum === null) };
  const params = [product((inputs[0] as GpuOperand).shape), floatWord(momentum ?? 0), floatWord(correction)];
  return [{ shader: SHADER, constants, params, bindings: [...inputs.slice(0, 4), count ?? NO_STATE], grid: [1, 1, 1] }];
};
