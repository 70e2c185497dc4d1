import { decode } from "../dtype";
import { FileFormatError } from "../errors";
import { alignedBytes, checkBooleans, type HostTensor, shownName } from "./host-tensor";
import { type KerasLayout, kerasLayout, splitName } from "./keras-layout";
import { KerasTopology } from "./keras-topology";
import { epsKey } from "./name-weights";
import { type RandomAccess, readExactly } from "./random-access";
import type { OpenSibling } from "./safetensors-shards";
import { type JsonValue, parseStrictJson } from "./strict-json";
import { entryOf, type TensorEntry, type TensorFile } from "./tensor-file";
import { type ManifestEntry, type ManifestGroup, parseManifest } from "./tfjs-manifest";

const MAX_JSON_BYTES = 100_000_000;
/** Of a topology: layers in a list in a config, with initialisers and inputs nested below. */
const MAX_DEPTH = 64;

interface Entry extends TensorEntry {
  readonly read: () => Promise<HostTensor>;
}

/**
 * Opens a Keras model as TensorFlow.js keeps it: `model.json` and, beside it, shards of weights, quantised or not. Tensors are
 * PyTorch's: names `layer.weight`, `.bias`, `.running_mean`, …, layouts as `kerasLayout` says, parts that a batch norm was
 * built without as ones and zeros. Reads the JSON and the sizes of the shards. Metadata has each norm's eps.
 * @throws FileFormatError if the manifest isn't as it should be, a shard is missing or has another size, or it is a graph model.
 */
export async function openTfjsLayers(source: RandomAccess, where: string, openSibling: OpenSibling): Promise<TensorFile> {
  const root = await readJson(source, where);
  const topology = new KerasTopology(root.get("modelTopology"), where);
  const groups = parseManifest(root.get("weightsManifest"), where);
  const all = groups.flatMap(({ entries }) => entries.filter(({ isOptimizer }) => !isOptimizer));
  const separable = new Set(
    all.map(({ name }) => splitName(name)).flatMap(([layer, v]) => (v === "pointwise_kernel" ? [layer] : [])),
  );
  const entries = new Map<string, Entry>();
  const metadata = new Map<string, string>();
  for (const group of groups) {
    const bytes = await joinShards(group, where, openSibling);
    for (const entry of group.entries) {
      if (entry.isOptimizer) continue;
      const [layer, variable] = splitName(entry.name);
      const flattenedChannels =
        variable === "kernel" && entry.shape.length === 2 ? topology.channelsFlattenedInto(layer) : undefined;
      const layout = kerasLayout(entry, { flattenedChannels, isSeparable: separable.has(layer) }, where);
      put(entries, torchName(layer, layout.leaf), toEntry(entry, layout, bytes, where), where);
    }
  }
  for (const { name, shape } of all) {
    const [layer, variable] = splitName(name);
    if (variable !== "moving_variance") continue;
    completeNorm(entries, torchName(layer, ""), shape);
    const eps = topology.epsOf(layer.split("/").at(-1) ?? "") ?? topology.epsOf(layer);
    if (eps !== undefined) metadata.set(epsKey(torchName(layer, "").slice(0, -1)), String(eps));
  }
  return { entries, metadata, read: async (name) => entryOf(entries, name, where).read() };
}

const torchName = (layer: string, leaf: string): string => (layer === "" ? leaf : `${layer.replaceAll("/", ".")}.${leaf}`);

function put(entries: Map<string, Entry>, name: string, entry: Entry, where: string): void {
  if (entries.has(name))
    throw new FileFormatError(where, { rule: "names must be unique as PyTorch has them", got: shownName(name) });
  entries.set(name, entry);
}

async function readJson(source: RandomAccess, where: string): Promise<ReadonlyMap<string, JsonValue>> {
  if (source.size > MAX_JSON_BYTES) {
    throw new FileFormatError(where, { rule: `model.json must have at most ${MAX_JSON_BYTES} bytes`, got: `${source.size}` });
  }
  const text = new TextDecoder().decode(await readExactly(source, 0, source.size, where));
  const root = parseStrictJson(text, where, MAX_DEPTH);
  if (!(root instanceof Map)) throw new FileFormatError(where, { rule: "model.json must be an object", got: "other JSON" });
  if (root.get("format") === "graph-model") {
    const fix = "Convert the Keras model itself with tensorflowjs_converter to --output_format tfjs_layers_model";
    throw new FileFormatError(where, {
      rule: "the model must be a layers model",
      got: "a graph model, which has no layers",
      fix,
    });
  }
  return root as ReadonlyMap<string, JsonValue>;
}

/** A group's shards as one file. All are opened, since only their sizes together show whether one is cut short. */
async function joinShards({ paths, bytes }: ManifestGroup, where: string, openSibling: OpenSibling): Promise<RandomAccess> {
  const shards: RandomAccess[] = [];
  for (const path of paths) {
    const shard = await openSibling(path).catch((error: unknown) => {
      const got = error instanceof Error ? error.message : String(error);
      const rule = `shard ${shownName(path)} must be there to be read`;
      throw new FileFormatError(where, { rule, got, fix: "Are all shards beside model.json?" });
    });
    shards.push(shard);
  }
  const size = shards.reduce((sum, shard) => sum + shard.size, 0);
  if (size !== bytes) {
    const rule = `shards ${paths.map(shownName).join(", ")} must have the ${bytes} bytes of their weights`;
    throw new FileFormatError(where, { rule, got: `${size}`, fix: "Is one cut short?" });
  }
  return concatenated(shards, where);
}

function concatenated(shards: readonly RandomAccess[], where: string): RandomAccess {
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const result = new Uint8Array(length);
    let start = 0;
    for (const shard of shards) {
      const [from, to] = [Math.max(offset, start), Math.min(offset + length, start + shard.size)];
      if (from < to) result.set(await readExactly(shard, from - start, to - from, where), from - offset);
      start += shard.size;
    }
    return result;
  };
  return { size: shards.reduce((sum, shard) => sum + shard.size, 0), read };
}

function toEntry(entry: ManifestEntry, layout: KerasLayout, bytes: RandomAccess, where: string): Entry {
  const { dtype, shape, name } = entry;
  const read = async () => {
    const stored = await readExactly(bytes, entry.begin, entry.bytes, where);
    const tensor = { dtype, shape, bytes: dequantised(entry, stored) };
    checkBooleans(where, shownName(name), tensor);
    return layout.arrange(tensor);
  };
  return { dtype, shape: layout.shape, read };
}

function dequantised({ dtype, quantization }: ManifestEntry, stored: Uint8Array): Uint8Array {
  if (!quantization) return alignedBytes(stored, dtype);
  const { scale, min } = quantization;
  const values = quantization.dtype === "u16" ? words(stored) : decode(stored, quantization.dtype);
  const value = (x: number) => x * scale + min;
  const array = dtype === "i32" ? Int32Array.from(values, (x) => Math.round(value(x))) : Float32Array.from(values, value);
  return new Uint8Array(array.buffer);
}

const words = (bytes: Uint8Array): Uint16Array => {
  const { buffer, byteOffset, byteLength } = alignedBytes(bytes, "u16");
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
};

/** Adds what PyTorch's batch norm has and Keras's was built without (`scale: false`, `center: false`), and the counter. */
function completeNorm(entries: Map<string, Entry>, prefix: string, shape: readonly number[]): void {
  const elements = shape.reduce((product, size) => product * size, 1);
  const constant = (value: number): Entry => ({
    dtype: "f32",
    shape,
    read: async () => ({ dtype: "f32", shape, bytes: new Uint8Array(new Float32Array(elements).fill(value).buffer) }),
  });
  if (!entries.has(`${prefix}weight`)) entries.set(`${prefix}weight`, constant(1));
  if (!entries.has(`${prefix}bias`)) entries.set(`${prefix}bias`, constant(0));
  const read = async (): Promise<HostTensor> => ({ dtype: "i64", shape: [], bytes: new Uint8Array(8) });
  if (!entries.has(`${prefix}num_batches_tracked`))
    entries.set(`${prefix}num_batches_tracked`, { dtype: "i64", shape: [], read });
}
