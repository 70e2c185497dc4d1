import { DTYPES, ELEMENTWISE, formatShape, OutOfMemoryError } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand, Limits } from "./launch";

/** Operands of one op, or of a part of it. */
export interface Operands {
  readonly inputs: readonly GpuOperand[];
  readonly outputs: readonly GpuOperand[];
}

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
  softmax: [0],
  topK: [0],
};
/** Ops that go over elements one by one; inputs of one element, and the numbers of an optimizer step, are whole. */
const BY_ELEMENT = new Set([...Object.keys(ELEMENTWISE), "adagradStep", "adamStep", "fill", "rmspropStep", "sgdStep", "toDtype"]);

const bytesOf = ({ shape, dtype }: GpuOperand): number => product(shape) * DTYPES[dtype].bytes;

/** True if an operand is larger than what can be bound at once. */
export function isTooLarge({ inputs, outputs }: Operands, { maxStorageBufferBindingSize }: Limits): boolean {
  for (const operand of inputs) if (bytesOf(operand) > maxStorageBufferBindingSize) return true;
  for (const operand of outputs) if (bytesOf(operand) > maxStorageBufferBindingSize) return true;
  return false;
}

/**
 * The op in parts whose operands can be bound: runs of images, or of elements, each a view of the whole tensors' memory.
 * @throws OutOfMemoryError for an op that mixes them, or where a single image is too large.
 */
export function split(op: string, operands: Operands, attrs: unknown, limits: Limits): Operands[] {
  const most = limits.maxStorageBufferBindingSize;
  const division = divide(op, operands, attrs);
  const all = division?.operands ?? [...operands.inputs, ...operands.outputs];
  const divided = all.filter((_, i) => division?.isDivided[i]);
  const rowBytes = divided.map((one) => bytesOf(one) / (one.shape[0] as number));
  const rows = divided.length === 0 ? 0 : rowsOf(rowBytes, most);
  if (!division || rows === 0 || all.some((one, i) => !division.isDivided[i] && bytesOf(one) > most))
    throw tooLarge(op, all, limits);
  const total = divided[0]?.shape[0] as number;
  return Array.from({ length: Math.ceil(total / rows) }, (_, part) => {
    const count = Math.min(rows, total - part * rows);
    const views = all.map((one, i) => (division.isDivided[i] ? view(one, part * rows, count) : one));
    return { inputs: views.slice(0, operands.inputs.length), outputs: views.slice(operands.inputs.length) };
  });
}

interface Division {
  /** Inputs, then outputs; of one axis where it goes by elements. */
  readonly operands: readonly GpuOperand[];
  /** Which of them are cut along axis 0. */
  readonly isDivided: readonly boolean[];
}

/** How the op can be divided; undefined if it can't. */
function divide(op: string, { inputs, outputs }: Operands, attrs: unknown): Division | undefined {
  const all = [...inputs, ...outputs];
  const byImage = BY_IMAGE[op] ?? ((attrs as { axis?: number }).axis === 0 ? undefined : BY_IMAGE_OFF_AXIS[op]);
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

/** A step has an input of a few numbers beside those of the parameter's size. */
const isHyper = (op: string): boolean => op.endsWith("Step");

/** Rows of a part: as many as fit, so that every part begins at a multiple of ALIGNMENT in each operand. */
function rowsOf(rowBytes: readonly number[], most: number): number {
  let step = 1;
  for (const bytes of rowBytes) while ((step * bytes) % ALIGNMENT !== 0) step *= 2;
  const fitting = Math.floor(most / Math.max(...rowBytes));
  return Math.floor(fitting / step) * step;
}

/** `count` entries along axis 0 from `first` on. */
function view({ memory, shape, dtype }: GpuOperand, first: number, count: number): GpuOperand {
  const rowBytes = (product(shape) / (shape[0] as number)) * DTYPES[dtype].bytes;
  const size = Math.ceil((count * rowBytes) / 16) * 16;
  return { memory: { ...memory, offset: first * rowBytes, size }, shape: [count, ...shape.slice(1)], dtype };
}

function tooLarge(op: string, operands: readonly GpuOperand[], { maxStorageBufferBindingSize }: Limits): OutOfMemoryError {
  return new OutOfMemoryError(op, {
    rule: `what can't be computed in parts must fit one binding of the adapter, ${maxStorageBufferBindingSize} bytes`,
    got: operands.map(({ shape }) => formatShape(shape)).join(", "),
    fix: "Use a smaller batch",
  });
}
