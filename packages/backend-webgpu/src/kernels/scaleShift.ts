import type { FusedActivation, KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Limits, type Plan, type Step } from "../launch";
import { typedShader } from "../shader";
import { activationConstant } from "./conv-epilogue";
import code from "./scaleShift.wgsl";

const SHADER = typedShader("scaleShift", code);

/** y = x · scale + shift by channel. */
export const scaleShift: Plan<KernelTable["scaleShift"]> = (inputs, outputs, _attrs, limits) =>
  planScaleShift(inputs, outputs, "none", limits);

/** y = activation(x · scale + shift) by channel. */
export function planScaleShift(
  inputs: readonly GpuOperand[],
  outputs: readonly GpuOperand[],
  activation: FusedActivation,
  limits: Limits,
): Step[] {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const [n, c] = x.shape as [number, number];
  const inner = elements / (n * c);
  const quads = Math.ceil(elements / 4);
  return [
    {
      shader: SHADER(x.dtype),
      constants: { isOneChannel: Number(inner % 4 === 0), ...activationConstant(activation) },
      params: [quads, c, inner],
      bindings: [...inputs, y],
      grid: gridFor(quads, limits),
    },
  ];
}
