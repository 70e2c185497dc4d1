import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./uniform.wgsl";
import advanceCode from "./uniform-advance.wgsl";

const SHADER = shader("uniform", code);
const ADVANCE = shader("uniform-advance", advanceCode);

/** Philox numbers in [0, 1); then advances the state, which all of them read. */
export const uniform: Plan<KernelTable["uniform"]> = (inputs, outputs, _attrs, limits) => {
  const [state, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const blocks = Math.ceil(product(y.shape) / 4);
  if (blocks === 0) return [];
  return [
    { shader: SHADER, params: [blocks], bindings: [state, y], grid: gridFor(blocks, limits) },
    { shader: ADVANCE, params: [blocks], bindings: [state], grid: [1, 1, 1] },
  ];
};
