/**
 * Elements that lie `strides` apart, in row-major order. x[i, j, …] is element i·strides[0] + j·strides[1] + … of `bytes`,
 * an element being `step` bytes. All of them must lie inside; what comes back is always a copy.
 */
export function gatherStrided(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  step: number,
): Uint8Array<ArrayBuffer> {
  // Eight bytes are moved as two words: as one f64 a NaN could lose its bits.
  if (step === 8) return gatherStrided(bytes, [...shape, 2], [...strides.map((stride) => 2 * stride), 1], 4);
  const result = new Uint8Array(shape.reduce((product, size) => product * size, step));
  const from = wordsOf(bytes.byteOffset % step === 0 ? bytes : new Uint8Array(bytes), step);
  const to = wordsOf(result, step);
  const width = shape.at(-1) ?? 1;
  const stride = strides.at(-1) ?? 1;
  const index = shape.map(() => 0);
  for (let start = 0, row = 0; row < to.length; row += width) {
    for (let j = 0; j < width; j++) to[row + j] = from[start + j * stride] as number;
    // Counts up like an odometer, last axis but one first, keeping the offset that belongs to the index.
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      start += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      start -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array, step: number): Uint8Array | Uint16Array | Uint32Array {
  if (step === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  return step === 2 ? new Uint16Array(buffer, byteOffset, byteLength / 2) : new Uint32Array(buffer, byteOffset, byteLength / 4);
}
