import type { Conv2dAttrs, Shape } from "@vertebra/core";

/** Products that share a weight, along a row: x[x + t · step] · weight[weight] belongs to y[y + t] for t < count. */
export interface Run {
  readonly x: number;
  readonly step: number;
  readonly weight: number;
  readonly y: number;
  readonly count: number;
}

/**
 * Calls `visit` for all products of a convolution, a row of outputs at a time:
 * y[n, o, i, j] has x[n, c, i · stride − top + kh · dilation, …] · weight[o, c within its group, kh, kw].
 */
export function forEachRun(
  shapes: { readonly x: Shape; readonly weight: Shape; readonly y: Shape },
  { stride, padding, dilation, groups }: Conv2dAttrs,
  visit: (run: Run) => void,
): void {
  const [, channels, height, width] = shapes.x as Planes;
  const [, perGroup, kernelHeight, kernelWidth] = shapes.weight as Planes;
  const [n, outChannels, outHeight, outWidth] = shapes.y as Planes;
  const step = stride[1];
  for (let row = 0; row < n * outChannels * outHeight; row++) {
    const i = row % outHeight;
    const o = Math.floor(row / outHeight) % outChannels;
    const firstChannel =
      Math.floor(row / (outHeight * outChannels)) * channels + Math.floor(o / (outChannels / groups)) * perGroup;
    for (let tap = 0; tap < perGroup * kernelHeight * kernelWidth; tap++) {
      const kw = tap % kernelWidth;
      const kh = Math.floor(tap / kernelWidth) % kernelHeight;
      const c = Math.floor(tap / (kernelWidth * kernelHeight));
      const h = i * stride[0] - padding[0] + kh * dilation[0];
      if (h < 0 || h >= height) continue;
      // Output j reads column left + j · step; those inside the input are first ≤ j < end.
      const left = kw * dilation[1] - padding[2];
      const first = Math.max(0, Math.ceil(-left / step));
      const end = Math.min(outWidth, Math.floor((width - 1 - left) / step) + 1);
      const x = ((firstChannel + c) * height + h) * width + left + first * step;
      const weight = o * perGroup * kernelHeight * kernelWidth + tap;
      visit({ x, step, weight, y: row * outWidth + first, count: end - first });
    }
  }
}

type Planes = readonly [number, number, number, number];
