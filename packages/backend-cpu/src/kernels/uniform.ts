import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** Philox numbers in [0, 1); advances the state. */
export const uniform: Plan<KernelTable["uniform"]> = (inputs, outputs, _attrs, workers) => {
  const [state, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const n = product(y.shape);
  if (n === 0) return null;
  return { entry: "uniform", ints: [state.pointer, y.pointer, n, tasksFor(n, workers, 16384)] };
};
