import type { WeightedWindows } from "@vertebra/core";
import { regularRunFrom } from "./regular-run";

/** How the columns kernel goes over a segment of outputs; the same numbers stand in resample2d.c. */
const [SCALAR, GATHER, EVERY1, EVERY2] = [0, 1, 2, 3] as const;

/** Shorter runs aren't worth a segment. */
const MIN_VECTOR_RUN = 4;
const MIN_REGULAR_RUN = 8;

interface ColumnTables {
  /** [taps, outputs] */
  readonly weights: Float32Array;
  /** (kind, begin, end) by segment */
  readonly segments: Int32Array;
}

const columnCache = new WeakMap<WeightedWindows, ColumnTables>();
const rowCache = new WeakMap<WeightedWindows, { readonly weights: Float32Array }>();

/** Weights by tap, and the outputs in segments that can be done a vector at a time. */
export function columnTables(windows: WeightedWindows): ColumnTables {
  const known = columnCache.get(windows);
  if (known) return known;
  const tables = { weights: weightsByTap(windows), segments: Int32Array.from(segmentsOf(windows).flat()) };
  columnCache.set(windows, tables);
  return tables;
}

/** Weights by output, [outputs, taps]. */
export function rowTables(windows: WeightedWindows): { readonly weights: Float32Array } {
  const known = rowCache.get(windows);
  if (known) return known;
  const tables = { weights: Float32Array.from(windows.weights) };
  rowCache.set(windows, tables);
  return tables;
}

/** The weight of a single window that covers all inputs alike: a mean or sum over the axis. Undefined for any other map. */
export function uniformWeight({ inputSize, starts, counts, weights }: WeightedWindows): number | undefined {
  if (starts.length !== 1 || counts[0] !== inputSize) return undefined;
  return weights.every((weight) => weight === weights[0]) ? weights[0] : undefined;
}

function weightsByTap({ starts, taps, weights }: WeightedWindows): Float32Array {
  const outputs = starts.length;
  const byTap = new Float32Array(taps * outputs);
  for (let o = 0; o < outputs; o++) for (let t = 0; t < taps; t++) byTap[t * outputs + o] = weights[o * taps + t] as number;
  return byTap;
}

function segmentsOf(windows: WeightedWindows): [kind: number, begin: number, end: number][] {
  const segments: [kind: number, begin: number, end: number][] = [];
  for (let begin = 0; begin < windows.starts.length; ) {
    const [kind, end] = segmentFrom(windows, begin);
    const last = segments.at(-1);
    if (last && kind === SCALAR && last[0] === SCALAR) last[2] = end;
    else segments.push([kind, begin, end]);
    begin = end;
  }
  return segments;
}

/** The segment that begins at output `begin`: regular if it is long, else of windows of one length. */
function segmentFrom(windows: WeightedWindows, begin: number): [kind: number, end: number] {
  const regular = regularEnd(windows, begin);
  if (regular.end - begin >= MIN_REGULAR_RUN) return [regular.stride === 1 ? EVERY1 : EVERY2, regular.end];
  const { counts } = windows;
  let end = begin + 1;
  while (end < counts.length && counts[end] === counts[begin] && regularEnd(windows, end).end - end < MIN_REGULAR_RUN) end++;
  return [end - begin >= MIN_VECTOR_RUN ? GATHER : SCALAR, end];
}

/** How far windows from `begin` on start 1 or 2 apart and have the same weights. */
function regularEnd(windows: WeightedWindows, begin: number): { readonly end: number; readonly stride: number } {
  const run = regularRunFrom(windows, begin);
  if (run.stride !== 1 && run.stride !== 2) return { end: begin, stride: 1 };
  const { taps, weights } = windows;
  const isSame = (o: number) => {
    for (let t = 0; t < run.count; t++) if (weights[o * taps + t] !== weights[begin * taps + t]) return false;
    return true;
  };
  let end = begin + 1;
  while (end < run.end && isSame(end)) end++;
  return { end, stride: run.stride };
}
