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

/** Workgroups that keep a large GPU busy; a sum is divided among more of them where its tiles are fewer. */
const ENOUGH_WORKGROUPS = 128;
/** Fewer parts aren't worth the launch that adds them, and the memory that they go through. */
const MIN_PARTS = 4;

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
  const wanted = Math.min(Math.floor(ENOUGH_WORKGROUPS / tiles), Math.floor(terms / least));
  const length = Math.max(block, Math.ceil(terms / (wanted < MIN_PARTS ? 1 : wanted) / block) * block);
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
    bindings: [scratch, ...epilogueBindings(epilogue), y],
    grid: gridFor(elements, limits),
  };
}
