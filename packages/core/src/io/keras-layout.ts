import { FileFormatError, formatShape } from "../errors";
import { fileDTypeBytes, type HostTensor, shownName } from "./host-tensor";
import { gatherStrided } from "./strided";

/** Where PyTorch has a Keras weight: its name behind the layer's, and which axis of Keras's each axis is. */
interface LayoutRow {
  readonly name: string;
  readonly axes?: readonly number[];
}

const SAME = (name: string): LayoutRow => ({ name });
/** [H, W, I, O] → [O, I, H, W], [W, I, O] → [O, I, W], [I, O] → [O, I]. */
const KERNELS: readonly (readonly number[] | undefined)[] = [undefined, undefined, [1, 0], [2, 1, 0], [3, 2, 0, 1]];
/** [H, W, C, M] → [C, M, H, W], of which [C · M, 1, H, W] is made. */
const DEPTHWISE = [2, 3, 0, 1];

const VECTORS: ReadonlyMap<string, LayoutRow> = new Map([
  ["bias", SAME("bias")],
  ["gamma", SAME("weight")],
  ["beta", SAME("bias")],
  ["moving_mean", SAME("running_mean")],
  ["moving_variance", SAME("running_var")],
]);

/** A Keras weight as PyTorch keeps it. */
export interface KerasLayout {
  /** Keras's layer, `conv1/conv`. */
  readonly layer: string;
  /** Behind the layer's name: `weight`, `running_mean`, … */
  readonly leaf: string;
  readonly shape: readonly number[];
  /** The same numbers in that order. */
  readonly arrange: (tensor: HostTensor) => HostTensor;
}

export interface KerasLayoutOptions {
  /** Of the map that a dense layer reads flattened. */
  readonly flattenedChannels: number | undefined;
  /** Whether the layer has a pointwise kernel beside its depthwise one (SeparableConv2D). */
  readonly isSeparable: boolean;
}

/** Splits `conv1/conv/kernel:0` into layer and variable. */
export function splitName(name: string): readonly [layer: string, variable: string] {
  const plain = name.replace(/:\d+$/, "");
  const cut = plain.lastIndexOf("/");
  return cut < 0 ? ["", plain] : [plain.slice(0, cut), plain.slice(cut + 1)];
}

/**
 * How PyTorch has a weight of Keras: convolutions HWIO → OIHW, depthwise ones HWCM → [C·M, 1, H, W], dense layers [in, out] →
 * [out, in], after a flattened map [H, W, C] with the inputs in the order [C, H, W].
 * @throws FileFormatError if a dense layer doesn't fit the map in front of it.
 */
export function kerasLayout(
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  { flattenedChannels, isSeparable }: KerasLayoutOptions,
  where: string,
): KerasLayout {
  const [layer, variable] = splitName(name);
  const row = VECTORS.get(variable);
  if (row) return plain(layer, row.name, shape);
  if (variable === "depthwise_kernel" && shape.length === 4) {
    const leaf = isSeparable ? "depthwise.weight" : "weight";
    const [height = 0, width = 0, channels = 0, multiplier = 0] = shape;
    return permuted({ layer, leaf, shape: [channels * multiplier, 1, height, width] }, shape, DEPTHWISE);
  }
  const axes = variable === "kernel" || variable === "pointwise_kernel" ? KERNELS[shape.length] : undefined;
  if (!axes) return plain(layer, variable, shape);
  const leaf = variable === "kernel" ? "weight" : "pointwise.weight";
  const moved = axes.map((axis) => shape[axis] as number);
  if (flattenedChannels === undefined || shape.length !== 2) return permuted({ layer, leaf, shape: moved }, shape, axes);
  const [features = 0, outputs = 0] = shape;
  if (features % flattenedChannels !== 0) {
    const rule = `${shownName(name)} must have a multiple of the ${flattenedChannels} channels in front of Flatten as inputs`;
    throw new FileFormatError(where, { rule, got: formatShape(shape) });
  }
  // [H · W, C, out] → [out, C, H · W]
  const inside = [features / flattenedChannels, flattenedChannels, outputs];
  return permuted({ layer, leaf, shape: [outputs, features] }, inside, [2, 1, 0]);
}

const plain = (layer: string, leaf: string, shape: readonly number[]): KerasLayout => ({
  layer,
  leaf,
  shape,
  arrange: (tensor) => ({ ...tensor, shape }),
});

function permuted(to: Omit<KerasLayout, "arrange">, from: readonly number[], axes: readonly number[]): KerasLayout {
  const strides = from.map((_, axis) => from.slice(axis + 1).reduce((product, size) => product * size, 1));
  const shape = axes.map((axis) => from[axis] as number);
  const moved = axes.map((axis) => strides[axis] as number);
  const arrange = ({ dtype, bytes }: HostTensor): HostTensor => {
    const isEmpty = bytes.byteLength === 0;
    return { dtype, shape: to.shape, bytes: isEmpty ? bytes : gatherStrided(bytes, shape, moved, fileDTypeBytes(dtype)) };
  };
  return { ...to, arrange };
}
