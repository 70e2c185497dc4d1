import type { FusedActivation, KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Launch, Plan } from "../launch";
import { ACTIVATIONS } from "./activations";
import { tasksFor } from "./axes";

/** y = x · scale + shift by channel. */
export const scaleShift: Plan<KernelTable["scaleShift"]> = (inputs, outputs, _attrs, workers) =>
  planScaleShift(inputs, outputs, "none", workers);

/** y = activation(x · scale + shift) by channel. */
export function planScaleShift(
  inputs: readonly CpuOperand[],
  outputs: readonly CpuOperand[],
  activation: FusedActivation,
  workers: number,
): Launch | null {
  const [x, scale, shift] = inputs as [CpuOperand, CpuOperand, CpuOperand];
  const [y] = outputs as [CpuOperand];
  const elements = product(x.shape);
  if (elements === 0) return null;
  const [n, c] = x.shape as [number, number];
  const sizes = [n, c, elements / (n * c), tasksFor(elements, workers)];
  return {
    entry: "scaleShift",
    ints: [x.pointer, scale.pointer, shift.pointer, y.pointer, ...sizes, ACTIVATIONS[activation]],
  };
}
