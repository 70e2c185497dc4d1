import { ArgumentError, formatShape, ShapeError } from "../errors";
import { add, div, mul, pow } from "../ops/binary";
import { resample2d } from "../ops/resample2d";
import { reshape } from "../ops/reshape";
import { type WeightedWindows, weightedWindows } from "../ops/windows";
import { countElements } from "../shape";
import type { Tensor } from "../tensor";
import { cached } from "./pooling-windows";

export interface LocalResponseNormOptions {
  /** Channels in a window: ⌊size / 2⌋ behind, ⌊(size − 1) / 2⌋ ahead. */
  readonly size: number;
  /** Divided by `size`, as in PyTorch; the paper's 1e-4 with size 5 is 5e-4 here. Default: 1e-4. */
  readonly alpha?: number;
  /** Default: 0.75. */
  readonly beta?: number;
  /** Default: 1. */
  readonly k?: number;
}

/**
 * y = x / (k + alpha / size · Σ x²)^beta, the sum over neighbouring channels; x [N, C, ...].
 * Source: Krizhevsky et al. 2012, section 3.3. @throws ShapeError if x has fewer than three axes.
 */
export function localResponseNorm(x: Tensor, { size, alpha = 1e-4, beta = 0.75, k = 1 }: LocalResponseNormOptions): Tensor {
  if (x.shape.length < 3) {
    throw new ShapeError("localResponseNorm", {
      rule: "x must be [N, C, ...] with at least three axes",
      got: formatShape(x.shape),
    });
  }
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError("localResponseNorm", { rule: "size must be an integer ≥ 1", got: `${size}` });
  }
  const [batch, channels] = x.shape as [number, number];
  const positions = countElements(x.shape.slice(2));
  // [N, C, H, W] → [N, 1, C, H · W]: the sum over channels is a map along one axis of a plane.
  const squares = reshape(mul(x, x), [batch, 1, channels, positions]);
  const sums = resample2d(squares, channelWindows(channels, size, alpha / size), identityWindows(positions));
  return div(x, reshape(pow(add(sums, k), beta), x.shape));
}

const channelWindows = (channels: number, size: number, weight: number): WeightedWindows =>
  cached(`localResponseNorm ${channels} ${size} ${weight}`, () => {
    const [behind, ahead] = [Math.floor(size / 2), Math.floor((size - 1) / 2)];
    const rows = Array.from({ length: channels }, (_, c) => {
      const start = Math.max(0, c - behind);
      return { start, weights: Array<number>(Math.min(channels, c + ahead + 1) - start).fill(weight) };
    });
    return weightedWindows(channels, rows);
  });

const identityWindows = (size: number): WeightedWindows =>
  cached(`identity ${size}`, () =>
    weightedWindows(
      size,
      Array.from({ length: size }, (_, start) => ({ start, weights: [1] })),
    ),
  );
