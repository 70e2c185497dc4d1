import { formatShape, MapSizeError, ShapeError } from "../errors";
import type { Padding4 } from "../ops/conv2d";
import { type WeightedWindows, type Windows, weightedWindows } from "../ops/windows";
import { type Shape, sizeAt } from "../shape";

/** A pooling along one axis, all sizes in elements. */
export interface AxisPooling {
  readonly inputSize: number;
  readonly kernel: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
  readonly ceilMode: boolean;
}

/** A pooling over both axes, checked. */
export interface Pooling {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding4;
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;
}

/** The two axes' part of a pooling of x [N, C, H, W]. @throws ShapeError for empty maps, kernels below 1 or too much padding. */
export function poolingAxes(op: string, x: Shape, pooling: Pooling): readonly [rows: AxisPooling, columns: AxisPooling] {
  const { kernel, stride, padding, dilation, ceilMode } = pooling;
  if (![...kernel, ...stride, ...dilation].every((value) => Number.isInteger(value) && value >= 1)) {
    const got = `kernel ${kernel}, stride ${stride}, dilation ${dilation}`;
    throw new ShapeError(op, { rule: "kernel, stride and dilation must be integers ≥ 1", got });
  }
  if (!padding.every((value, side) => Number.isInteger(value) && value >= 0 && 2 * value <= (kernel[side >> 1] as number))) {
    throw new ShapeError(op, {
      rule: "padding must be integers from 0 to half of kernel",
      got: `padding ${padding}, kernel ${kernel}`,
    });
  }
  requirePooledMap(op, x);
  const axis = (i: 0 | 1): AxisPooling => ({
    inputSize: sizeAt(x, i + 2),
    kernel: kernel[i],
    stride: stride[i],
    before: padding[(2 * i) as 0 | 2],
    after: padding[(2 * i + 1) as 1 | 3],
    dilation: dilation[i],
    ceilMode,
  });
  return [axis(0), axis(1)];
}

/** @throws ShapeError unless x is [N, C, H, W] and only N may be 0. */
export function requirePooledMap(op: string, x: Shape): void {
  if (x.length === 4 && x.slice(1).every((size) => size > 0)) return;
  throw new ShapeError(op, { rule: "x must be [N, C, H, W] with C, H and W of at least 1", got: `x ${formatShape(x)}` });
}

/**
 * Windows of a pooling along one axis, clipped to the input. Made once per geometry, so that equal poolings share one
 * object. @throws ShapeError if no window fits, or one lies in the padding alone.
 */
export function poolingWindows(op: string, pooling: AxisPooling): Windows {
  return cached(`${op} ${Object.values(pooling)}`, () => {
    const { inputSize, kernel, stride, before, dilation } = pooling;
    const spans = Array.from({ length: pooledSize(op, pooling) }, (_, o) => {
      const first = o * stride - before;
      const skipped = first < 0 ? Math.ceil(-first / dilation) : 0;
      const start = first + skipped * dilation;
      return { start, count: Math.min(kernel - skipped, Math.ceil((inputSize - start) / dilation)) };
    });
    if (spans.some(({ count }) => count < 1)) {
      const got = `kernel ${kernel}, dilation ${dilation} and padding ${before} over ${inputSize}`;
      throw new ShapeError(op, { rule: "every window must hold an element of x", got });
    }
    const [starts, counts] = [Int32Array.from(spans, ({ start }) => start), Int32Array.from(spans, ({ count }) => count)];
    return { inputSize, starts, counts, step: dilation };
  });
}

/**
 * Windows of an average pooling along one axis. The divisor is the window's size clipped to the padded input, or with
 * `countPadding` false to the input itself, as in PyTorch; `divisor` replaces it.
 */
export function averageWindows(op: string, pooling: AxisPooling, countPadding: boolean, divisor?: number): WeightedWindows {
  return cached(`${op} ${Object.values(pooling)} ${countPadding} ${divisor}`, () => {
    const { inputSize, kernel, stride, before, after } = pooling;
    const rows = Array.from({ length: pooledSize(op, pooling) }, (_, o) => {
      const first = o * stride - before;
      const start = Math.max(first, 0);
      const count = Math.max(0, Math.min(first + kernel, inputSize) - start);
      const divideBy = divisor ?? (countPadding ? Math.min(first + kernel, inputSize + after) - first : count);
      return { start: Math.min(start, inputSize), weights: Array<number>(count).fill(1 / divideBy) };
    });
    return weightedWindows(inputSize, rows);
  });
}

/** PyTorch's adaptive windows: output i reads from ⌊i · in / out⌋ up to ⌈(i + 1) · in / out⌉. */
export const adaptiveWindows = (inputSize: number, outputSize: number): Windows =>
  cached(`adaptive max ${inputSize} ${outputSize}`, () => {
    const spans = adaptiveSpans(inputSize, outputSize);
    const [starts, counts] = [Int32Array.from(spans, ({ start }) => start), Int32Array.from(spans, ({ count }) => count)];
    return { inputSize, starts, counts, step: 1 };
  });

/** `adaptiveWindows` with the weights of a mean. */
export const adaptiveAverageWindows = (inputSize: number, outputSize: number): WeightedWindows =>
  cached(`adaptive average ${inputSize} ${outputSize}`, () => {
    const rows = adaptiveSpans(inputSize, outputSize).map(({ start, count }) => ({
      start,
      weights: Array<number>(count).fill(1 / count),
    }));
    return weightedWindows(inputSize, rows);
  });

const adaptiveSpans = (inputSize: number, outputSize: number): { start: number; count: number }[] =>
  Array.from({ length: outputSize }, (_, i) => {
    const start = Math.floor((i * inputSize) / outputSize);
    return { start, count: Math.ceil(((i + 1) * inputSize) / outputSize) - start };
  });

/**
 * ⌊or ⌈ ((in + padding − dilation · (kernel − 1) − 1) / stride) + 1. Rounded up, a window may stick out by less than a stride, but
 * the last one must still start inside.
 */
function pooledSize(op: string, { inputSize, kernel, stride, before, after, dilation, ceilMode }: AxisPooling): number {
  const steps = (inputSize + before + after - dilation * (kernel - 1) - 1) / stride;
  const size = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
  if (size < 1) {
    throw new MapSizeError(op, {
      rule: "a window must fit the padded input",
      got: `kernel ${kernel}, dilation ${dilation}, padding ${before + after} over ${inputSize}`,
      fix: "Use a larger input or a smaller kernel",
    });
  }
  return ceilMode && (size - 1) * stride >= inputSize + before ? size - 1 : size;
}

const KEPT = 512;
const cache = new Map<string, Windows>();

/** The same object for the same key, so that plans made from attributes can be kept by identity. */
export function cached<T extends Windows>(key: string, make: () => T): T {
  const found = cache.get(key);
  if (found) return found as T;
  const made = make();
  if (cache.size >= KEPT) cache.delete(cache.keys().next().value as string);
  cache.set(key, made);
  return made;
}
