import { ArgumentError, formatShape } from "../errors";
import type { FileDType, HostTensor } from "./host-tensor";
import { alignedBytes, checkBooleans, fileTensorBytes, shownName } from "./host-tensor";
import { fromBytes, type RandomAccess, readExactly } from "./random-access";
import { parseSafetensorsHeader, SAFETENSORS_DTYPES, type SafetensorsEntry, safetensorsDataOffset } from "./safetensors-header";
import { entryOf, type TensorEntry, type TensorFile } from "./tensor-file";

/** What a safetensors file holds, tensors in the order of the header. */
export interface SafetensorsContents {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Map<string, string>;
}

/** A safetensors file whose header was read and checked; tensors are read one by one. */
export interface SafetensorsFile extends TensorFile {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

/**
 * All tensors of a safetensors file in memory. Bytes are views into `bytes` where the alignment allows it, else copies.
 * @throws FileFormatError if anything in the file isn't as the format says.
 * Source: https://huggingface.co/docs/safetensors (format), checks as in its Rust implementation.
 */
export function readSafetensors(bytes: Uint8Array, where = "readSafetensors"): SafetensorsContents {
  const { entries, metadata } = parseSafetensorsHeader(bytes, bytes.byteLength, where);
  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of entries) tensors.set(name, toTensor(where, name, entry, bytes.subarray(entry.begin, entry.end)));
  return { tensors, metadata: new Map(metadata) };
}

/**
 * Opens a safetensors file of any size: reads and checks the header (at most 100 MB) and nothing else.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if the header isn't as the format says.
 */
export async function openSafetensors(source: RandomAccess, where = "openSafetensors"): Promise<SafetensorsFile> {
  const prefix = await readExactly(source, 0, Math.min(8, source.size), where);
  const head = await readExactly(source, 0, safetensorsDataOffset(prefix, source.size, where), where);
  const { entries, metadata } = parseSafetensorsHeader(head, source.size, where);
  const read = async (name: string): Promise<HostTensor> => {
    const entry = entryOf(entries, name, where);
    return toTensor(where, name, entry, await readExactly(source, entry.begin, entry.end - entry.begin, where));
  };
  return { entries, metadata, read };
}

/** `openSafetensors` for bytes in memory. */
export const openSafetensorsBytes = (bytes: Uint8Array, where?: string): Promise<SafetensorsFile> =>
  openSafetensors(fromBytes(bytes), where);

/** How a safetensors file is laid out: `header` first, then the bytes of each tensor in the order of `names`. */
export interface SafetensorsLayout {
  readonly header: Uint8Array;
  readonly names: readonly string[];
  /** Of the whole file. */
  readonly bytes: number;
}

/**
 * The layout of a file with these tensors, for writing one at a time. The same entries give the same file in whatever order
 * they come: tensors are sorted as the Rust implementation does, by alignment (widest first) and then by name, and the header
 * is padded with spaces to a multiple of 8.
 * @throws ArgumentError if a name occurs twice or is `__metadata__`.
 */
export function layoutSafetensors(
  entries: Iterable<readonly [string, TensorEntry]>,
  metadata: Iterable<readonly [string, string]> = [],
): SafetensorsLayout {
  const sorted = [...entries].sort(byAlignmentThenName);
  const names = new Set<string>();
  const fields = metadataField(metadata);
  let offset = 0;
  for (const [name, { dtype, shape }] of sorted) {
    checkName(name, names);
    const end = offset + (fileTensorBytes(dtype, shape) ?? Number.NaN);
    const row = { dtype: FILE_NAMES[dtype], shape, data_offsets: [offset, end] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(row)}`);
    offset = end;
  }
  const header = headerChunk(`{${fields.join(",")}}`);
  return { header, names: [...names], bytes: header.byteLength + offset };
}

/**
 * A safetensors file as chunks to be written one after the other: the header, then each tensor's own bytes (no copies), in the
 * order of `layoutSafetensors`.
 * @throws ArgumentError if a name occurs twice or is `__metadata__`, or bytes don't fit shape and dtype.
 */
export function writeSafetensors(
  entries: Iterable<readonly [string, HostTensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array[] {
  const all = [...entries];
  for (const [name, tensor] of all) checkBytes(name, tensor);
  const { header, names } = layoutSafetensors(all, metadata);
  const tensors = new Map(all);
  return [header, ...names.map((name) => (tensors.get(name) as HostTensor).bytes)];
}

const FILE_NAMES = Object.fromEntries([...SAFETENSORS_DTYPES].map(([name, dtype]) => [dtype, name])) as {
  [K in FileDType]: string;
};
const WRITE_ORDER: readonly FileDType[] = [...SAFETENSORS_DTYPES.values()];

function toTensor(where: string, name: string, { dtype, shape }: SafetensorsEntry, bytes: Uint8Array): HostTensor {
  const tensor = { dtype, shape, bytes: alignedBytes(bytes, dtype) };
  checkBooleans(where, shownName(name), tensor);
  return tensor;
}

type Entry = readonly [string, TensorEntry];

function byAlignmentThenName([aName, a]: Entry, [bName, b]: Entry): number {
  const byDType = WRITE_ORDER.indexOf(a.dtype) - WRITE_ORDER.indexOf(b.dtype);
  return byDType || (aName < bName ? -1 : aName > bName ? 1 : 0);
}

function checkName(name: string, names: Set<string>): void {
  if (names.has(name) || name === "__metadata__" || /\p{Surrogate}/u.test(name)) {
    throw new ArgumentError("writeSafetensors", {
      rule: "names must be unique, well-formed Unicode and not __metadata__",
      got: shownName(name),
    });
  }
  names.add(name);
}

function checkBytes(name: string, { dtype, shape, bytes }: HostTensor): void {
  const expected = fileTensorBytes(dtype, shape);
  if (expected === bytes.byteLength) return;
  const rule = `${shownName(name)} ${dtype} ${formatShape(shape)} must have ${expected ?? "fewer than 2^53"} bytes`;
  throw new ArgumentError("writeSafetensors", { rule, got: `${bytes.byteLength}` });
}

function metadataField(metadata: Iterable<readonly [string, string]>): string[] {
  const sorted = [...new Map(metadata)].sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return [];
  const pairs = sorted.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return [`"__metadata__":{${pairs.join(",")}}`];
}

function headerChunk(json: string): Uint8Array {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.byteLength / 8) * 8;
  const chunk = new Uint8Array(8 + length).fill(0x20);
  new DataView(chunk.buffer).setBigUint64(0, BigInt(length), true);
  chunk.set(text, 8);
  return chunk;
}
