import type { FusedActivation } from "@vertebra/core";
import type { GpuOperand, Launch } from "../launch";

/** What a convolution does to a sum before storing it: activation(sum · scale + shift + residual); scale and shift by channel. */
export interface Epilogue {
  readonly scale?: GpuOperand | undefined;
  readonly shift?: GpuOperand | undefined;
  readonly residual?: GpuOperand | undefined;
  readonly activation?: FusedActivation;
}

/** Numbers of `activation` in the kernels. */
const ACTIVATIONS: { readonly [A in FusedActivation]: number } = { none: 0, relu: 1, relu6: 2, silu: 3 };

/** Only what is switched on: each set of constants is a pipeline of its own. */
export function epilogueConstants({ scale, shift, residual, activation = "none" }: Epilogue): Record<string, number> {
  return {
    ...(scale && { hasScale: 1 }),
    ...(shift && { hasShift: 1 }),
    ...(residual && { hasResidual: 1 }),
    ...activationConstant(activation),
  };
}

/** `activation` as a kernel's constant. */
export const activationConstant = (activation: FusedActivation): Record<string, number> =>
  activation === "none" ? {} : { activation: ACTIVATIONS[activation] };

/** Stands for what an epilogue doesn't have; nobody reads it. */
const NOTHING = { table: new Float32Array(4) };

/** Scale, shift and residual as bindings. */
export const epilogueBindings = ({ scale, shift, residual }: Epilogue): Launch["bindings"] => [
  scale ?? NOTHING,
  shift ?? NOTHING,
  residual ?? NOTHING,
];
