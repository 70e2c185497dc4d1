import { type WeightedWindows, weightedWindows } from "../ops/windows";
import { cached } from "./pooling-windows";

/** A resize along one axis. */
export interface Resizing {
  readonly inputSize: number;
  readonly outputSize: number;
  /** The factor asked for: coordinates follow it, not the rounded sizes. */
  readonly scale: number | undefined;
  readonly mode: "nearest" | "bilinear" | "bicubic";
  readonly alignCorners: boolean;
  readonly antialias: boolean;
}

type Row = { readonly start: number; readonly weights: readonly number[] };

/**
 * Weights of a resize along one axis. Source: PyTorch's UpSampleKernel.cpp and UpSample.h: area_pixel_compute_source_index,
 * nearest_idx, get_cubic_upsample_coefficients and _compute_indices_weights_aa.
 */
export function resizeWindows(resizing: Resizing): WeightedWindows {
  return cached(`resize ${Object.values(resizing)}`, () => {
    const { inputSize, outputSize, mode, antialias } = resizing;
    const rowOf = antialias ? antialiasedRow : { nearest: nearestRow, bilinear: bilinearRow, bicubic: bicubicRow }[mode];
    return weightedWindows(
      inputSize,
      Array.from({ length: outputSize }, (_, o) => rowOf(resizing, o)),
    );
  });
}

/** Input elements per output element. */
function stepOf({ inputSize, outputSize, scale, alignCorners }: Resizing): number {
  if (alignCorners) return outputSize > 1 ? (inputSize - 1) / (outputSize - 1) : 0;
  return scale !== undefined && scale > 0 ? 1 / scale : inputSize / outputSize;
}

/** Where output o lies among the inputs: pixels are areas, unless corners are aligned. */
const sourceOf = (resizing: Resizing, o: number): number =>
  resizing.alignCorners ? stepOf(resizing) * o : stepOf(resizing) * (o + 0.5) - 0.5;

/** PyTorch computes the index in float, whatever the dtype; doubling and keeping the size are exact. */
function nearestRow(resizing: Resizing, o: number): Row {
  const { inputSize, outputSize } = resizing;
  if (outputSize === inputSize) return { start: o, weights: [1] };
  if (outputSize === 2 * inputSize) return { start: o >> 1, weights: [1] };
  const source = Math.floor(Math.fround(o * Math.fround(stepOf(resizing))));
  return { start: Math.min(source, inputSize - 1), weights: [1] };
}

function bilinearRow(resizing: Resizing, o: number): Row {
  const { inputSize, outputSize } = resizing;
  if (outputSize === inputSize) return { start: o, weights: [1] };
  const source = Math.max(sourceOf(resizing, o), 0);
  const start = Math.min(Math.floor(source), inputSize - 1);
  const share = Math.min(source - start, 1);
  return start === inputSize - 1 ? { start, weights: [1] } : { start, weights: [1 - share, share] };
}

/** Keys' cubic with a = −0.75 over four inputs; the border repeats. */
function bicubicRow(resizing: Resizing, o: number): Row {
  const { inputSize } = resizing;
  const source = sourceOf(resizing, o);
  const middle = Math.min(Math.floor(source), inputSize - 1);
  const share = Math.min(Math.max(source - middle, 0), 1);
  const taps = [-1, 0, 1, 2].map((tap) => ({
    at: Math.min(Math.max(middle + tap, 0), inputSize - 1),
    weight: cubic(share - tap, -0.75),
  }));
  const start = (taps[0] as { at: number }).at;
  const weights = Array<number>((taps[3] as { at: number }).at - start + 1).fill(0);
  for (const { at, weight } of taps) weights[at - start] = (weights[at - start] as number) + weight;
  return { start, weights };
}

/** Pillow's way: the filter is as wide as the outputs are apart, cut off at the border and normalised. */
function antialiasedRow(resizing: Resizing, o: number): Row {
  const { inputSize, mode } = resizing;
  const step = stepOf(resizing);
  const radius = (mode === "bicubic" ? 2 : 1) * Math.max(step, 1);
  const center = step * (o + 0.5);
  const start = Math.max(Math.trunc(center - radius + 0.5), 0);
  const count = Math.min(Math.trunc(center + radius + 0.5), inputSize) - start;
  const filter = mode === "bicubic" ? (t: number) => cubic(t, -0.5) : triangle;
  const weights = Array.from({ length: count }, (_, i) => filter((i + start - center + 0.5) / Math.max(step, 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { start, weights: total === 0 ? weights : weights.map((weight) => weight / total) };
}

const triangle = (t: number): number => Math.max(0, 1 - Math.abs(t));

/** Keys 1981, eq. 4: a cubic through its neighbours; a is the slope at 1. */
function cubic(t: number, a: number): number {
  const x = Math.abs(t);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}
