import { concatBytes } from "../host-tensor";

/** Opcodes and arguments of a hand-made pickle. */
type Part = string | readonly number[] | Uint8Array;

/** One piece of each part: text stands for its characters' codes. */
export const assemble = (...parts: readonly Part[]): Uint8Array =>
  concatBytes(
    parts.map((part) => (typeof part === "string" ? Uint8Array.from(part, (char) => char.charCodeAt(0)) : Uint8Array.from(part))),
  );

/** A pickle of protocol 2 with these opcodes. */
export const pickleOf = (...parts: readonly Part[]): Uint8Array => assemble("\x80\x02", ...parts, ".");

/** BINUNICODE. */
export const text = (value: string): Uint8Array => {
  const bytes = new TextEncoder().encode(value);
  return assemble("X", u32(bytes.byteLength), bytes);
};

/** GLOBAL. */
export const global = (module: string, name: string): string => `c${module}\n${name}\n`;

/** LONG1 of eight bytes. */
export const long = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return assemble("\x8a\x08", bytes);
};

export const tuple = (...items: readonly Part[]): Uint8Array => assemble("(", ...items, "t");

/** The persistent id of a storage. */
export const storage = (key: string, elements: number, type = "FloatStorage", view: Part = ""): Uint8Array =>
  assemble(tuple(text("storage"), global("torch", type), text(key), text("cpu"), long(elements), view), "Q");

/** `_rebuild_tensor_v2` of a storage. */
export const tensor = (source: Part, offset: number, shape: readonly number[], strides: readonly number[]): Uint8Array =>
  assemble(
    global("torch._utils", "_rebuild_tensor_v2"),
    tuple(
      source,
      long(offset),
      tuple(...shape.map(long)),
      tuple(...strides.map(long)),
      "\x89",
      global("collections", "OrderedDict"),
      ")R",
    ),
    "R",
  );

/** A dict of one item. */
export const dict = (key: string, value: Part): Uint8Array => assemble("}", text(key), value, "s");

/** A file of the format before PyTorch 1.6. */
export const legacyFile = (object: Part, storages: Readonly<Record<string, readonly number[]>>): Uint8Array =>
  assemble(
    LEGACY_START,
    "\x80\x02",
    object,
    ".",
    pickleOf("](", ...Object.keys(storages).map(text), "e"),
    ...Object.values(storages).flatMap((values) => [long(values.length).subarray(2), floats(values)]),
  );

/** Magic number, version 1001 and an empty dict about the machine. */
const LEGACY_START = assemble(
  pickleOf("\x8a\x0a", [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]),
  pickleOf("M", [0xe9, 3]),
  pickleOf("}"),
);

const floats = (values: readonly number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);

const u32 = (value: number): readonly number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
