import { FileFormatError, formatShape } from "../errors";
import { type FileDType, fileTensorBytes, shownName } from "./host-tensor";
import { type JsonValue, parseStrictJson } from "./strict-json";

/** Where one tensor lies: bytes [begin, end) of the file. */
export interface SafetensorsEntry {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header: entries don't overlap, leave no holes and end with the file. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format's dtypes that can be read, widest alignment first (the order in which tensors are written). */
export const SAFETENSORS_DTYPES: ReadonlyMap<string, FileDType> = new Map([
  ["U64", "u64"],
  ["I64", "i64"],
  ["F64", "f64"],
  ["F32", "f32"],
  ["U32", "u32"],
  ["I32", "i32"],
  ["BF16", "bf16"],
  ["F16", "f16"],
  ["U16", "u16"],
  ["I16", "i16"],
  ["I8", "i8"],
  ["U8", "u8"],
  ["BOOL", "bool"],
]);

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Bytes before the first tensor: 8 + the u64 (little endian) at the start of the file.
 * @param prefix at least the file's first 8 bytes (all of a shorter file).
 * @throws FileFormatError if the header wouldn't fit the file or the format's limit of 100 MB.
 */
export function safetensorsDataOffset(prefix: Uint8Array, fileBytes: number, where: string): number {
  if (fileBytes < 8 || prefix.byteLength < 8) {
    throw new FileFormatError(where, { rule: "a safetensors file must have at least 8 bytes", got: `${fileBytes}` });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  const limit = Math.min(fileBytes - 8, MAX_HEADER_BYTES);
  if (length <= BigInt(limit)) return 8 + Number(length);
  const rule = `the header's length must be at most ${limit} bytes (the file has ${fileBytes})`;
  throw new FileFormatError(where, { rule, got: `${length}`, fix: "Is it a safetensors file, and whole?" });
}

/**
 * Parses and checks the header of a safetensors file of `fileBytes` bytes; allocates nothing of the tensors' size.
 * @param bytes the start of the file, header included (`safetensorsDataOffset` says how much).
 * @throws FileFormatError for anything the format doesn't allow, naming the tensor.
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  fileBytes: number,
  where = "parseSafetensorsHeader",
): SafetensorsHeader {
  const dataOffset = safetensorsDataOffset(bytes, fileBytes, where);
  const root = parseStrictJson(decodeText(bytes, dataOffset, where), where);
  if (bytes[8] !== 0x7b || !(root instanceof Map)) {
    throw new FileFormatError(where, { rule: 'the header must be a JSON object that starts with "{"', got: `byte ${bytes[8]}` });
  }
  const entries = new Map<string, SafetensorsEntry>();
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of root as ReadonlyMap<string, JsonValue>) {
    if (name === "__metadata__") metadata = parseMetadata(value, where);
    else entries.set(name, parseEntry(name, value, dataOffset, fileBytes, where));
  }
  checkCoverage(entries, dataOffset, fileBytes, where);
  return { entries, metadata };
}

function decodeText(bytes: Uint8Array, dataOffset: number, where: string): string {
  if (bytes.byteLength < dataOffset) {
    throw new FileFormatError(where, { rule: `the header must have ${dataOffset} bytes`, got: `${bytes.byteLength}` });
  }
  try {
    // ignoreBOM keeps a byte order mark in the text, where JSON refuses it.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, dataOffset));
  } catch {
    throw new FileFormatError(where, { rule: "the header must be UTF-8", got: "invalid bytes" });
  }
}

function parseMetadata(value: JsonValue, where: string): ReadonlyMap<string, string> {
  const isText = value instanceof Map && [...value.values()].every((text) => typeof text === "string");
  if (!isText) throw new FileFormatError(where, { rule: "__metadata__ must map strings to strings", got: shown(value) });
  return value as ReadonlyMap<string, string>;
}

function parseEntry(name: string, value: JsonValue, dataOffset: number, fileBytes: number, where: string): SafetensorsEntry {
  const shownAs = `tensor ${shownName(name)}`;
  if (!(value instanceof Map)) throw new FileFormatError(where, { rule: `${shownAs} must be an object`, got: shown(value) });
  const row = value as ReadonlyMap<string, JsonValue>;
  const extra = [...row.keys()].filter((key) => key !== "dtype" && key !== "shape" && key !== "data_offsets");
  if (extra.length > 0 || row.size !== 3) {
    const rule = `${shownAs} must have dtype, shape and data_offsets, and nothing else`;
    throw new FileFormatError(where, { rule, got: [...row.keys()].slice(0, 6).map(shownName).join(", ") || "none" });
  }
  const dtype = parseDType(shownAs, row.get("dtype") ?? null, where);
  const shape = parseIntegers(`${shownAs}'s shape`, row.get("shape") ?? null, where);
  const offsets = parseIntegers(`${shownAs}'s data_offsets`, row.get("data_offsets") ?? null, where);
  const [begin = 0, end = -1] = offsets;
  if (offsets.length !== 2 || begin > end || end > fileBytes - dataOffset) {
    const limit = `${fileBytes - dataOffset}, the bytes after the header`;
    const rule = `${shownAs}'s data_offsets must be [begin, end] with begin ≤ end ≤ ${limit}`;
    throw new FileFormatError(where, { rule, got: formatShape(offsets.slice(0, 4)), fix: "Is the file whole?" });
  }
  const expected = fileTensorBytes(dtype, shape);
  if (expected !== end - begin) {
    const bytes = expected ?? "fewer than 2^53";
    const rule = `${shownAs}'s data_offsets must span ${bytes} bytes for ${dtype} ${formatShape(shape.slice(0, 16))}`;
    throw new FileFormatError(where, { rule, got: formatShape(offsets) });
  }
  return { dtype, shape, begin: dataOffset + begin, end: dataOffset + end };
}

function parseDType(shownAs: string, value: JsonValue, where: string): FileDType {
  const dtype = typeof value === "string" ? SAFETENSORS_DTYPES.get(value) : undefined;
  if (dtype !== undefined) return dtype;
  const known = [...SAFETENSORS_DTYPES.keys()].join(", ");
  throw new FileFormatError(where, { rule: `${shownAs}'s dtype must be one of ${known}`, got: shown(value) });
}

function parseIntegers(shownAs: string, value: JsonValue, where: string): readonly number[] {
  const isList = Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
  if (!isList) throw new FileFormatError(where, { rule: `${shownAs} must be integers from 0 to 2^53 − 1`, got: shown(value) });
  // + 0 makes 0 of the −0 that JSON can spell.
  return (value as readonly number[]).map((item) => item + 0);
}

/** Bytes that no tensor owns, or that two own, could hide data or alias it: the format forbids both. */
function checkCoverage(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  dataOffset: number,
  fileBytes: number,
  where: string,
): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = dataOffset;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== covered) {
      const what = begin > covered ? "leave no hole before it" : "not overlap its neighbour";
      const rule = `tensor ${shownName(name)} must ${what} (start at ${covered - dataOffset})`;
      throw new FileFormatError(where, { rule, got: `data_offsets [${begin - dataOffset}, ${end - dataOffset}]` });
    }
    covered = end;
  }
  if (covered === fileBytes) return;
  const rule = `the tensors must end where the file ends, at ${fileBytes}`;
  throw new FileFormatError(where, { rule, got: `${covered}`, fix: "Are there bytes behind the last tensor?" });
}

function shown(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(shownItem).join(", ")}${value.length > 8 ? ", …" : ""}]`;
  return shownItem(value);
}

function shownItem(value: JsonValue): string {
  if (typeof value === "string") return shownName(value);
  return value === null || typeof value !== "object" ? String(value) : Array.isArray(value) ? "a list" : "an object";
}
