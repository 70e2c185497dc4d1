import { ShapeError } from "../errors";
import { sliceAxis } from "../ops/slice";
import { normalizeAxis, sizeAt } from "../shape";
import type { Tensor } from "../tensor";

/**
 * Cuts x along `axis` into pieces of `size` elements, the last perhaps smaller, or into pieces of the sizes given.
 * @throws ShapeError unless the sizes add up to the axis.
 */
export function split(x: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis("split", axis, x.shape.length);
  const whole = sizeAt(x.shape, at);
  const sizes = typeof size === "number" ? piecesOf(whole, size) : size;
  const isWhole = (value: number) => Number.isInteger(value) && value >= 0;
  if (!sizes.every(isWhole) || sizes.reduce((sum, value) => sum + value, 0) !== whole) {
    throw new ShapeError("split", {
      rule: `sizes must be integers ≥ 0 that add up to ${whole}, the size of axis ${at}`,
      got: `${size}`,
    });
  }
  let start = 0;
  return sizes.map((length) => sliceAxis(x, at, start, (start += length)));
}

/** Cuts x along `axis` into at most `chunks` equal pieces of ⌈size / chunks⌉ elements, the last perhaps smaller, as PyTorch does. @throws ShapeError */
export function chunk(x: Tensor, chunks: number, axis = 0): Tensor[] {
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ShapeError("chunk", { rule: "chunks must be an integer ≥ 1", got: `${chunks}` });
  const whole = sizeAt(x.shape, normalizeAxis("chunk", axis, x.shape.length));
  // An empty axis gives `chunks` empty pieces.
  return split(x, whole === 0 ? Array<number>(chunks).fill(0) : Math.ceil(whole / chunks), axis);
}

function piecesOf(whole: number, size: number): number[] {
  if (!Number.isInteger(size) || size < (whole === 0 ? 0 : 1)) {
    throw new ShapeError("split", { rule: "size must be an integer ≥ 1", got: `${size}` });
  }
  if (whole === 0) return [0];
  return Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size));
}
