/**
 * Where each output of a pooling or resampling reads along one axis: `counts[o]` inputs from `starts[o]`, `step` apart.
 * Windows never leave the input; padding is a window that is shorter.
 */
export interface Windows {
  readonly inputSize: number;
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly step: number;
}

/** Windows (step 1) with a weight per input read: a linear map along one axis, `[outputs, taps]` row by row. */
export interface WeightedWindows extends Windows {
  readonly taps: number;
  readonly weights: Float64Array;
}

/** A linear map along one axis from rows of weights; zero weights at the ends of a row are left out. */
export function weightedWindows(
  inputSize: number,
  rows: readonly { readonly start: number; readonly weights: readonly number[] }[],
): WeightedWindows {
  const taps = rows.reduce((most, { weights }) => Math.max(most, weights.length), 0);
  const weights = new Float64Array(rows.length * taps);
  for (const [o, row] of rows.entries()) weights.set(row.weights, o * taps);
  return {
    inputSize,
    starts: Int32Array.from(rows, ({ start }) => start),
    counts: Int32Array.from(rows, (row) => row.weights.length),
    step: 1,
    taps,
    weights,
  };
}

const transposes = new WeakMap<WeightedWindows, WeightedWindows>();

/** The transposed map: the gradient of a resampling is a resampling. Windows must be monotonic, which all of ours are. */
export function transposeWindows(windows: WeightedWindows): WeightedWindows {
  const known = transposes.get(windows);
  if (known) return known;
  const transposed = weightedWindows(windows.starts.length, transposedRows(windows));
  transposes.set(windows, transposed);
  transposes.set(transposed, windows);
  return transposed;
}

function transposedRows({ inputSize, starts, counts, taps, weights }: WeightedWindows): { start: number; weights: number[] }[] {
  const rows = Array.from({ length: inputSize }, () => ({ start: 0, weights: [] as number[] }));
  for (let o = 0; o < starts.length; o++) {
    for (let t = 0; t < (counts[o] as number); t++) {
      const row = rows[(starts[o] as number) + t] as { start: number; weights: number[] };
      if (row.weights.length === 0) row.start = o;
      while (row.start + row.weights.length < o) row.weights.push(0);
      row.weights.push(weights[o * taps + t] as number);
    }
  }
  return rows;
}
