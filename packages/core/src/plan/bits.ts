import { type DType, encode } from "../dtype";

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** The bits of `value` as an element of `dtype`, repeated to 32. */
export function patternOf(dtype: DType, value: number): number {
  if (dtype === "f32") {
    float[0] = value;
    return floatBits[0] as number;
  }
  const element = encode([value], dtype);
  const pattern = Uint8Array.from({ length: 4 }, (_, i) => element[i % element.length] as number);
  return new Int32Array(pattern.buffer)[0] as number;
}
