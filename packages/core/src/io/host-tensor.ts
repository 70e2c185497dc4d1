import type { DType } from "../dtype";
import { DTYPES } from "../dtype";
import { FileFormatError } from "../errors";

/** Integer types that exist in files only; `toMemoryTensor` makes i32 of them. */
export type FileOnlyDType = "i64" | "u64" | "i8" | "i16" | "u16" | "u32";

/** Every element type a file may hold. */
export type FileDType = DType | FileOnlyDType;

/** One named array of a file: bytes in little-endian logical (row-major) order. */
export interface HostTensor {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A HostTensor whose dtype a Tensor can have too. */
export interface MemoryTensor extends HostTensor {
  readonly dtype: DType;
}

const FILE_ONLY_BYTES: { readonly [K in FileOnlyDType]: number } = { i64: 8, u64: 8, i8: 1, i16: 2, u16: 2, u32: 4 };

/** Bytes of one element of a file's dtype. */
export const fileDTypeBytes = (dtype: FileDType): number => (isFileOnly(dtype) ? FILE_ONLY_BYTES[dtype] : DTYPES[dtype].bytes);

/**
 * Bytes that `shape` takes as `dtype`: Π shape · bytes of one element. Undefined if a size isn't an integer ≥ 0, or if the
 * product leaves the exact integers (2⁵³), even where another size is 0.
 */
export function fileTensorBytes(dtype: FileDType, shape: readonly number[]): number | undefined {
  let bytes = fileDTypeBytes(dtype);
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    bytes *= size || 1;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return shape.includes(0) ? 0 : bytes;
}

/**
 * The tensor in a dtype that exists in memory: integers become i32, all others stay as they are (no copy).
 * @throws FileFormatError naming the tensor and the element if an integer doesn't fit i32.
 */
export function toMemoryTensor(where: string, name: string, tensor: HostTensor): MemoryTensor {
  const { dtype, shape, bytes } = tensor;
  if (!isFileOnly(dtype)) return { dtype, shape, bytes };
  const step = FILE_ONLY_BYTES[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Int32Array(bytes.byteLength / step);
  for (let i = 0; i < values.length; i++) {
    const value = readInteger(view, i * step, dtype);
    values[i] = value;
    if (values[i] !== value) {
      const rule = `${shownName(name)} (${dtype}) must hold integers that fit i32`;
      throw new FileFormatError(where, { rule, got: `${exactInteger(view, i * step, dtype)} at element ${i}` });
    }
  }
  return { dtype: "i32", shape, bytes: new Uint8Array(values.buffer) };
}

/** i32 widened to the i64 that PyTorch's files hold (`num_batches_tracked`). */
export function toInt64(tensor: HostTensor & { readonly dtype: "i32" }): HostTensor {
  const { shape, bytes } = tensor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = new Int32Array(bytes.byteLength / 2);
  for (let i = 0; i < bytes.byteLength / 4; i++) {
    const value = view.getInt32(i * 4, true);
    words[2 * i] = value;
    words[2 * i + 1] = value >> 31;
  }
  return { dtype: "i64", shape, bytes: new Uint8Array(words.buffer) };
}

/** The bytes at an address that a typed array of this dtype accepts: themselves, or a copy where they are unaligned. */
export const alignedBytes = (bytes: Uint8Array, dtype: FileDType): Uint8Array =>
  // Not slice(): of a Node Buffer that is a view, as little aligned as before.
  bytes.byteOffset % fileDTypeBytes(dtype) === 0 ? bytes : new Uint8Array(bytes);

/**
 * @param shownAs the tensor as messages print it.
 * @throws FileFormatError at the first byte of a bool tensor that is neither 0 nor 1: kernels rely on it.
 */
export function checkBooleans(where: string, shownAs: string, { dtype, bytes }: HostTensor): void {
  if (dtype !== "bool") return;
  const index = bytes.findIndex((value) => value > 1);
  if (index < 0) return;
  throw new FileFormatError(where, { rule: `${shownAs} (bool) must hold 0 or 1`, got: `${bytes[index]} at element ${index}` });
}

/** A name from a file as messages print it: quoted, escaped, at most 80 characters. */
export const shownName = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);

/** Reverses the bytes of every element of `step` bytes, in place. */
export function swapBytes(bytes: Uint8Array, step: number): void {
  if (step === 1) return;
  for (let i = 0; i < bytes.byteLength; i += step) bytes.subarray(i, i + step).reverse();
}

/** One array of all chunks, for callers that want a file in memory. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/** Whether a dtype exists in files only. */
export const isFileOnly = (dtype: FileDType): dtype is FileOnlyDType => dtype in FILE_ONLY_BYTES;

/** One integer, little endian. 64-bit values beyond 2⁵³ lose digits, but never come near the range of i32. */
export function readInteger(view: DataView, offset: number, dtype: FileOnlyDType): number {
  switch (dtype) {
    case "i8":
      return view.getInt8(offset);
    case "i16":
      return view.getInt16(offset, true);
    case "u16":
      return view.getUint16(offset, true);
    case "u32":
      return view.getUint32(offset, true);
    case "i64":
      return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
    case "u64":
      return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
  }
}

function exactInteger(view: DataView, offset: number, dtype: FileOnlyDType): string {
  if (dtype === "i64") return String(view.getBigInt64(offset, true));
  if (dtype === "u64") return String(view.getBigUint64(offset, true));
  return String(readInteger(view, offset, dtype));
}
