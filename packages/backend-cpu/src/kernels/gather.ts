import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { indexedWords } from "./indexed";

const NAN_BITS: { readonly [dtype: string]: number } = { f32: 0x7fc00000, f16: 0x7e00, bf16: 0x7fc0 };

/** y[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on. */
export const gather: Plan<KernelTable["gather"]> = (inputs, outputs, { axis }, workers) => {
  const [x, indices] = inputs as [CpuOperand, CpuOperand];
  const y = outputs[0] as CpuOperand;
  if (product(y.shape) === 0) return null;
  const missing = NAN_BITS[x.dtype] ?? 0;
  return { entry: "gather", ints: indexedWords({ op: "gather", axis, shape: x.shape, data: x, indices, y, missing }, workers) };
};
