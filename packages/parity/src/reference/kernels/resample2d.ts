import type { KernelTable, WeightedWindows } from "@vertebra/core";
import { type Meaning, Values } from "../values";

/** y[i, j] = Σ rows[i, h] · columns[j, w] · x[h, w] in every plane. */
export const resample2d: Meaning<KernelTable["resample2d"]> = ({ attrs: { rows, columns }, shape }, x) => {
  const y = new Values(shape);
  const [, , height, width] = x.planes;
  const [, , outHeight, outWidth] = y.planes;
  const [rowTaps, columnTaps] = [tapsOf(rows), tapsOf(columns)];
  for (let output = 0; output < y.data.length; output++) {
    const plane = Math.floor(output / (outHeight * outWidth)) * height * width;
    for (const [h, weight] of rowTaps[Math.floor(output / outWidth) % outHeight] ?? []) {
      for (const [w, weightInRow] of columnTaps[output % outWidth] ?? [])
        y.add(output, weight * weightInRow * x.at(plane + h * width + w));
    }
  }
  return [y];
};

/** What each output reads: places and weights. */
const tapsOf = ({ starts, counts, weights, taps: width }: WeightedWindows): [place: number, weight: number][][] =>
  Array.from(starts, (start, o) =>
    Array.from({ length: counts[o] as number }, (_, t): [number, number] => [start + t, weights[o * width + t] as number]),
  );
