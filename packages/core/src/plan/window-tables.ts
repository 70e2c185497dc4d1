import type { WeightedWindows, Windows } from "../ops/windows";

/** A constant array that kernels read; the object stays the same, so that a copy on a device can be kept. */
export interface Table {
  readonly table: Int32Array | Uint32Array | Float32Array;
}

/** A linear map along one axis as kernels read it. */
export interface WeightTables {
  readonly spans: Table;
  /** [taps, outputs]: neighbouring outputs read neighbouring weights. */
  readonly weights: Table;
  readonly isIdentity: boolean;
}

const spanCache = new WeakMap<Windows, Table>();
const weightCache = new WeakMap<WeightedWindows, WeightTables>();

/** (start, count) by output. */
export function spansOf(windows: Windows): Table {
  const known = spanCache.get(windows);
  if (known) return known;
  const { starts, counts } = windows;
  const table = Int32Array.from({ length: 2 * starts.length }, (_, i) => (i % 2 === 0 ? starts : counts)[i >> 1] as number);
  const made = { table };
  spanCache.set(windows, made);
  return made;
}

export function weightTablesOf(windows: WeightedWindows): WeightTables {
  const known = weightCache.get(windows);
  if (known) return known;
  const made = { spans: spansOf(windows), weights: { table: weightsByTap(windows) }, isIdentity: isIdentity(windows) };
  weightCache.set(windows, made);
  return made;
}

function weightsByTap({ starts, taps, weights }: WeightedWindows): Float32Array {
  const outputs = starts.length;
  const byTap = new Float32Array(taps * outputs);
  for (let o = 0; o < outputs; o++) for (let t = 0; t < taps; t++) byTap[t * outputs + o] = weights[o * taps + t] as number;
  return byTap;
}

const isIdentity = ({ inputSize, starts, counts, taps, weights }: WeightedWindows): boolean =>
  taps === 1 &&
  inputSize === starts.length &&
  starts.every((start, o) => start === o && counts[o] === 1) &&
  weights.every((weight) => weight === 1);

/** The weight of a single window that covers all inputs alike: a mean or sum over the axis. Undefined for any other map. */
export function uniformWeight({ inputSize, starts, counts, weights }: WeightedWindows): number | undefined {
  if (starts.length !== 1 || counts[0] !== inputSize) return undefined;
  return weights.every((weight) => weight === weights[0]) ? weights[0] : undefined;
}
