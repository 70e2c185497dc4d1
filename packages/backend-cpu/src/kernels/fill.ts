import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { fillWords } from "./strided";

/** y[i] = value */
export const fill: Plan<KernelTable["fill"]> = (_, outputs, { value }, workers) => {
  const y = outputs[0] as CpuOperand;
  return product(y.shape) === 0 ? null : { entry: "fill", ints: fillWords(y, value, workers) };
};
