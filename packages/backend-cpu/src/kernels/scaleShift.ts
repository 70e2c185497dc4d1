import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** y = x · scale + shift by channel. */
export const scaleShift: Plan<KernelTable["scaleShift"]> = (inputs, outputs, _attrs, workers) => {
  const [x, scale, shift] = inputs as [CpuOperand, CpuOperand, CpuOperand];
  const [y] = outputs as [CpuOperand];
  const elements = product(x.shape);
  if (elements === 0) return null;
  const [n, c] = x.shape as [number, number];
  return {
    entry: "scaleShift",
    ints: [x.pointer, scale.pointer, shift.pointer, y.pointer, n, c, elements / (n * c), tasksFor(elements, workers)],
  };
};
