import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** As toDtype.c numbers them. */
const NUMBERS: { readonly [dtype: string]: number } = { f32: 0, i32: 1, u8: 2, bool: 3, f16: 4, bf16: 5 };

/** y[i] = x[i] as another dtype. */
export const toDtype: Plan<KernelTable["toDtype"]> = (inputs, outputs, _, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const elements = product(x.shape);
  const [from, to] = [NUMBERS[x.dtype], NUMBERS[y.dtype]] as [number, number];
  return elements === 0
    ? null
    : { entry: "toDtype", ints: [x.pointer, y.pointer, elements, from, to, tasksFor(elements, workers)] };
};
