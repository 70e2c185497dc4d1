import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, LINE, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./toDtype.wgsl";
import { bytesOf, perWord, WRITES } from "./units";

const SHADER = shader("toDtype", code);

/** As toDtype.wgsl numbers them. */
const NUMBERS: { readonly [dtype: string]: number } = { f32: 0, f16: 1, bf16: 2, i32: 3, u8: 4, bool: 5 };

/** y[i] = x[i] as another dtype. */
export const toDtype: Plan<KernelTable["toDtype"]> = (inputs, outputs, _, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const constants = { FROM: NUMBERS[x.dtype] as number, TO: NUMBERS[y.dtype] as number };
  const grid = gridFor(Math.ceil(elements / perWord(bytesOf(y))), limits, LINE * WRITES);
  return [{ shader: SHADER, constants, params: [elements], bindings: [x, y], grid }];
};
