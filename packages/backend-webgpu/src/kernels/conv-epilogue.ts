import type { FusedActivation } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Limits, type Scratch } from "../launch";
import { shader } from "../shader";
import partsCode from "./conv2dParts.wgsl";

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
    ...(activation !== "none" && { activation: ACTIVATIONS[activation] }),
  };
}

/** Scale, shift and residual as bindings; `instead` stands for what the epilogue doesn't have. */
export const epilogueBindings = ({ scale, shift, residual }: Epilogue, instead: GpuOperand | Scratch): Launch["bindings"] => [
  scale ?? instead,
  shift ?? instead,
  residual ?? instead,
];

/** Workgroups that keep a large GPU busy; a sum is divided among more of them where its tiles are fewer. */
const ENOUGH_WORKGROUPS = 128;

/** How a sum of `terms` is divided where it has `tiles` workgroups: into parts of `length` terms, whole blocks of it. */
export interface Parts {
  readonly count: number;
  readonly length: number;
}

/** `least` terms are worth a workgroup of their own. */
export function divide(
  terms: number,
  tiles: number,
  { least, block }: { readonly least: number; readonly block: number },
): Parts {
  const wanted = Math.max(1, Math.min(Math.ceil(ENOUGH_WORKGROUPS / tiles), Math.floor(terms / least)));
  const length = Math.max(block, Math.ceil(terms / wanted / block) * block);
  return { count: Math.max(1, Math.ceil(terms / length)), length };
}

const PARTS = shader("conv2dParts", partsCode);

/** y = epilogue(Σ parts), y [N, channels, height, width]. */
export function addParts(scratch: Scratch, parts: Parts, y: GpuOperand, epilogue: Epilogue, limits: Limits): Launch {
  const elements = product(y.shape);
  const [, channels, height, width] = y.shape as [number, number, number, number];
  return {
    shader: PARTS,
    constants: epilogueConstants(epilogue),
    params: [elements, parts.count, height * width, channels],
    bindings: [scratch, ...epilogueBindings(epilogue, scratch), y],
    grid: gridFor(elements, limits),
  };
}
