/** Element types. Ops on f16 and bf16 compute in f32 and round their results once; f64 lives on the reference backend. */
export type DType = "f32" | "f64" | "f16" | "bf16" | "i32" | "u8" | "bool";

/** What a tensor's elements look like once read back: f16 and bf16 are decoded to f32. */
export type HostArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface DTypeInfo {
  readonly bytes: number;
  readonly isFloat: boolean;
  /** Decimal digits of its own: `eps` is the distance from 1 to the next number. */
  readonly eps: number;
}

export const DTYPES: { readonly [K in DType]: DTypeInfo } = {
  f32: { bytes: 4, isFloat: true, eps: 2 ** -23 },
  f64: { bytes: 8, isFloat: true, eps: 2 ** -52 },
  f16: { bytes: 2, isFloat: true, eps: 2 ** -10 },
  bf16: { bytes: 2, isFloat: true, eps: 2 ** -7 },
  i32: { bytes: 4, isFloat: false, eps: 1 },
  u8: { bytes: 1, isFloat: false, eps: 1 },
  bool: { bytes: 1, isFloat: false, eps: 1 },
};

/** The dtypes of 16 bits. */
export type HalfDType = "f16" | "bf16";

export const isHalf = (dtype: DType): dtype is HalfDType => dtype === "f16" || dtype === "bf16";

/** The dtypes that kernels compute in. */
export const isComputeFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64";

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** bfloat16 bits of a number: f32 rounded to nearest, ties to even. NaN stays a quiet NaN. */
export function toBfloat16Bits(value: number): number {
  scratchFloat[0] = value;
  const bits = scratchBits[0] as number;
  if (value !== value) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBfloat16Bits(bits: number): number {
  scratchBits[0] = bits << 16;
  return scratchFloat[0] as number;
}

/** IEEE 754 binary16 bits of a number: f32 rounded to nearest, ties to even; past 65504 becomes infinity. */
export function toFloat16Bits(value: number): number {
  scratchFloat[0] = value;
  const bits = scratchBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // Subnormal: the value in units of 2^-24, rounded to even.
  const units = Math.abs(scratchFloat[0] as number) * 2 ** 24;
  const floor = Math.floor(units);
  const rest = units - floor;
  return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
}

export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Bytes of `values` stored as `dtype`. Floats going to integers are truncated; bool is value ≠ 0. A typed array of just these
 * elements isn't copied: the result is a view of it.
 */
export function encode(values: ArrayLike<number>, dtype: DType): Uint8Array {
  const { buffer, byteOffset, byteLength } = encodeArray(values, dtype);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function encodeArray(values: ArrayLike<number>, dtype: DType): HostArray | Uint16Array {
  switch (dtype) {
    case "f32":
      return values instanceof Float32Array ? values : new Float32Array(values);
    case "f64":
      return values instanceof Float64Array ? values : new Float64Array(values);
    case "i32":
      return values instanceof Int32Array ? values : new Int32Array(values);
    case "u8":
      return values instanceof Uint8Array ? values : new Uint8Array(values);
    case "bool":
      return Uint8Array.from(values, (value) => (value ? 1 : 0));
    case "f16":
      return Uint16Array.from(values, toFloat16Bits);
    case "bf16":
      return Uint16Array.from(values, toBfloat16Bits);
  }
}

/** The typed array that `bytes` (aligned or not) hold; f16 and bf16 decoded to f32. */
export function decode(bytes: Uint8Array, dtype: DType): HostArray {
  // Not slice(): of a Node Buffer that is a view, as little aligned as before.
  const aligned = bytes.byteOffset % DTYPES[dtype].bytes === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  const elements = aligned.byteLength / DTYPES[dtype].bytes;
  switch (dtype) {
    case "f32":
      return new Float32Array(buffer, byteOffset, elements);
    case "f64":
      return new Float64Array(buffer, byteOffset, elements);
    case "i32":
      return new Int32Array(buffer, byteOffset, elements);
    case "u8":
    case "bool":
      return new Uint8Array(buffer, byteOffset, elements);
    case "f16":
      return Float32Array.from(new Uint16Array(buffer, byteOffset, elements), fromFloat16Bits);
    case "bf16":
      return Float32Array.from(new Uint16Array(buffer, byteOffset, elements), fromBfloat16Bits);
  }
}
