import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { indexedWords } from "./indexed";

/** Zeros of `shape` with values[i, j, k] added at [i, indices[i, j, k], k] for axis 1, and so on. */
export const scatterAdd: Plan<KernelTable["scatterAdd"]> = (inputs, outputs, { axis, shape }, workers) => {
  const [values, indices] = inputs as [CpuOperand, CpuOperand];
  const y = outputs[0] as CpuOperand;
  if (product(y.shape) === 0) return null;
  return {
    entry: "scatterAdd",
    ints: indexedWords({ op: "scatterAdd", axis, shape, data: values, indices, y, missing: 0 }, workers),
  };
};
