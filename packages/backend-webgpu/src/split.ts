import { DTYPES, type DType, ELEMENTWISE, formatShape, isHalf, OutOfMemoryError } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { decompose } from "./decompose";
import type { GpuOperand, Limits } from "./launch";

/** A call of an op, by name. */
export interface OpCall {
  readonly op: string;
  readonly inputs: readonly GpuOperand[];
  readonly outputs: readonly GpuOperand[];
  readonly attrs: unknown;
}

/** Memory for a value between two calls, for as long as the op takes. */
export type Temporary = (shape: readonly number[], dtype: DType) => GpuOperand;

/** What a binding's offset must be a multiple of, on every adapter. */
const ALIGNMENT = 256;

/** Ops whose results depend on one image (entry along axis 0) each: the inputs that have images. All outputs have. */
const BY_IMAGE: { readonly [op: string]: readonly number[] } = {
  conv2d: [0],
  conv2dFused: [0, 4],
  conv2dInputGrad: [0],
  maxPool2d: [0],
  resample2d: [0],
  scaleShift: [0],
  scaleShiftFused: [0],
};
/** The same, unless they work along axis 0. */
const BY_IMAGE_OFF_AXIS: { readonly [op: string]: readonly number[] } = {
  argmax: [0],
  gather: [0, 1],
  logSoftmax: [0],
  scatterAdd: [0, 1],
  softmax: [0],
  topK: [0],
};
/** Ops that go over elements one by one; inputs of one element, and the numbers of an optimizer step, are whole. */
const BY_ELEMENT = new Set([...Object.keys(ELEMENTWISE), "adagradStep", "adamStep", "fill", "rmspropStep", "sgdStep", "toDtype"]);

const bytesOf = ({ shape, dtype }: GpuOperand): number => product(shape) * DTYPES[dtype].bytes;

/** True if the operand can't be bound at once. */
export const isLarge = (operand: GpuOperand, { maxStorageBufferBindingSize }: Limits): boolean =>
  bytesOf(operand) > maxStorageBufferBindingSize;

/**
 * Calls whose operands can all be bound, and that together are the given one: mostly itself. Runs of images, or of elements, are views of
 * the whole tensors' memory; ops that mix these are decomposed into others.
 * @throws OutOfMemoryError for an op that can't be, or where a single image is too large.
 */
export function split(call: OpCall, limits: Limits, temporary: Temporary): readonly OpCall[] {
  if (!isTooLarge(call, limits)) return [call];
  const { inputs, outputs, op } = call;
  const division = divide(call);
  if (division) return parts(call, division, limits);
  const others = [...inputs, ...outputs].some(({ dtype }) => isHalf(dtype))
    ? inWide(call, temporary)
    : decompose(call, limits, temporary);
  if (!others) throw tooLarge(op, [...inputs, ...outputs], limits);
  return others.flatMap((other) => split(other, limits, temporary));
}

/** True if an operand can't be bound at once. Asked for every call. */
export const isTooLarge = ({ op, inputs, outputs }: OpCall, limits: Limits): boolean =>
  // Copies bind nothing.
  op !== "copyInto" && (hasLarge(inputs, limits) || hasLarge(outputs, limits));

function hasLarge(operands: readonly GpuOperand[], limits: Limits): boolean {
  for (const operand of operands) if (isLarge(operand, limits)) return true;
  return false;
}

interface Division {
  /** Inputs, then outputs; of one axis where it goes by elements. */
  readonly operands: readonly GpuOperand[];
  /** Which of them are cut along axis 0. */
  readonly isDivided: readonly boolean[];
}

function parts(call: OpCall, { operands, isDivided }: Division, limits: Limits): readonly OpCall[] {
  const { op, inputs, attrs } = call;
  const divided = operands.filter((_, i) => isDivided[i]);
  const rows = divided.length === 0 ? 0 : rowsThatFit(divided, limits);
  if (rows === 0 || operands.some((one, i) => !isDivided[i] && isLarge(one, limits))) throw tooLarge(op, operands, limits);
  return ranges(divided[0]?.shape[0] as number, rows).map(([first, count]) => {
    const views = operands.map((one, i) => (isDivided[i] ? view(one, first, count) : one));
    return { op, inputs: views.slice(0, inputs.length), outputs: views.slice(inputs.length), attrs: attrsOfPart(attrs, count) };
  });
}

/** `scatterAdd` is told the shape of its result. */
function attrsOfPart(attrs: unknown, count: number): unknown {
  const { axis, shape } = attrs as { axis?: number; shape?: readonly number[] };
  return axis === undefined || shape === undefined ? attrs : { ...(attrs as object), shape: [count, ...shape.slice(1)] };
}

/** How the op can be cut along its operands' images or elements; undefined if it can't. */
function divide({ op, inputs, outputs, attrs }: OpCall): Division | undefined {
  const all = [...inputs, ...outputs];
  const byImage = imagesOf(op, inputs, attrs);
  if (byImage) return { operands: all, isDivided: all.map((_, i) => i >= inputs.length || byImage.includes(i)) };
  if (!BY_ELEMENT.has(op)) return undefined;
  const own = all.map(({ shape }) => product(shape));
  const elements = Math.max(...own);
  if (isHyper(op) || own.every((count) => count === elements || count === 1)) {
    const flat = all.map((one, i) => ({ ...one, shape: [own[i] as number] }));
    return { operands: flat, isDivided: own.map((count) => count === elements) };
  }
  // With broadcasting only what has all of the result's images can be cut through them.
  const images = outputs[0]?.shape ?? [];
  return { operands: all, isDivided: all.map(({ shape }) => shape.length === images.length && shape[0] === images[0]) };
}

/** The inputs that have an op's images; undefined where it mixes them. */
function imagesOf(op: string, inputs: readonly GpuOperand[], attrs: unknown): readonly number[] | undefined {
  const { axis, axes, before, after } = attrs as { [name: string]: number & readonly number[] };
  if (op === "concat") return axis === 0 ? undefined : inputs.map((_, i) => i);
  if (op === "permute") return axes?.[0] === 0 ? [0] : undefined;
  if (op === "pad") return before?.[0] === 0 && after?.[0] === 0 ? [0] : undefined;
  if (op === "sum" || op === "amax" || op === "prod")
    return axes?.includes(0) || (inputs[0]?.shape[0] ?? 1) === 1 ? undefined : [0];
  return BY_IMAGE[op] ?? (axis === 0 ? undefined : BY_IMAGE_OFF_AXIS[op]);
}

/** A step has an input of a few numbers beside those of the parameter's size. */
const isHyper = (op: string): boolean => op.endsWith("Step");

/** Entries along axis 0 that can be bound of all of them: so that every part begins at a multiple of ALIGNMENT in each; 0 if not one can. */
export function rowsThatFit(operands: readonly GpuOperand[], { maxStorageBufferBindingSize }: Limits): number {
  const rowBytes = operands.map((one) => bytesOf(one) / (one.shape[0] as number));
  let step = 1;
  for (const bytes of rowBytes) while ((step * bytes) % ALIGNMENT !== 0) step *= 2;
  const fitting = Math.floor(maxStorageBufferBindingSize / Math.max(...rowBytes));
  return Math.floor(fitting / step) * step;
}

/** `total` entries in runs of at most `most`. */
export const ranges = (total: number, most: number): (readonly [first: number, count: number])[] =>
  Array.from({ length: Math.ceil(total / most) }, (_, i) => [i * most, Math.min(most, total - i * most)] as const);

/** `count` entries along axis 0 from `first` on. */
export function view({ memory, shape, dtype }: GpuOperand, first: number, count: number): GpuOperand {
  const rowBytes = (product(shape) / (shape[0] as number)) * DTYPES[dtype].bytes;
  const size = Math.ceil((count * rowBytes) / 16) * 16;
  const offset = (memory.offset ?? 0) + first * rowBytes;
  return { memory: { ...memory, offset, size }, shape: [count, ...shape.slice(1)], dtype };
}

/** The call in f32, between conversions: so that its parts aren't rounded one by one. */
function inWide({ op, inputs, outputs, attrs }: OpCall, temporary: Temporary): OpCall[] {
  const wide = (one: GpuOperand) => (isHalf(one.dtype) ? temporary(one.shape, "f32") : one);
  const convert = (from: GpuOperand, to: GpuOperand): OpCall[] =>
    from === to ? [] : [{ op: "toDtype", inputs: [from], outputs: [to], attrs: { dtype: to.dtype } }];
  const [wideInputs, wideOutputs] = [inputs.map(wide), outputs.map(wide)];
  return [
    ...inputs.flatMap((input, i) => convert(input, wideInputs[i] as GpuOperand)),
    { op, inputs: wideInputs, outputs: wideOutputs, attrs },
    ...outputs.flatMap((output, i) => convert(wideOutputs[i] as GpuOperand, output)),
  ];
}

function tooLarge(op: string, operands: readonly GpuOperand[], { maxStorageBufferBindingSize }: Limits): OutOfMemoryError {
  return new OutOfMemoryError(op, {
    rule: `what can't be computed in parts must fit one binding of the adapter, ${maxStorageBufferBindingSize} bytes`,
    got: operands.map(({ shape }) => formatShape(shape)).join(", "),
    fix: "Use a smaller batch",
  });
}
