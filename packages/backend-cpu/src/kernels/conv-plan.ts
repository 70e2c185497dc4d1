import type { CpuOperand } from "../launch";

/** Attributes of conv2d and its gradients. */
export interface Conv2dAttrs {
  /** [height, width] */
  readonly stride: readonly [number, number];
  /** [top, bottom, left, right], in pixels of x */
  readonly padding: readonly [number, number, number, number];
  /** [height, width] */
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** A convolution's sizes by name. */
export interface ConvSizes {
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
  readonly o: number;
  readonly ho: number;
  readonly wo: number;
  readonly kh: number;
  readonly kw: number;
}

/** How an input is staged (conv-planes.h): planes [phasesH, phasesW, lines, width] a channel. */
export interface Planes {
  /** False where the input serves as it lies. */
  readonly isStaged: boolean;
  readonly phasesH: number;
  readonly phasesW: number;
  readonly lines: number;
  readonly width: number;
}

/** The argument structs' common words: sizes, then attributes. */
export function convInts(
  { n, c, h, w, o, ho, wo, kh, kw }: ConvSizes,
  { stride, padding, dilation, groups }: Conv2dAttrs,
): number[] {
  return [n, c, h, w, o, ho, wo, kh, kw, ...stride, padding[0], padding[2], ...dilation, groups];
}

export function convSizes(x: CpuOperand, weight: CpuOperand, y: CpuOperand): ConvSizes {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [o, , kh, kw] = weight.shape as [number, number, number, number];
  const [, , ho, wo] = y.shape as [number, number, number, number];
  return { n, c, h, w, o, ho, wo, kh, kw };
}

/** Planes of x under a forward convolution: padded, and split by the stride so that every tap reads with stride 1. */
export function inputPlanes({ h, w, ho, wo, kh, kw }: ConvSizes, { stride, padding, dilation }: Conv2dAttrs): Planes {
  const [top, bottom, left, right] = padding;
  const isStaged = stride[0] !== 1 || stride[1] !== 1 || top + bottom + left + right !== 0;
  if (!isStaged) return { isStaged, phasesH: 1, phasesW: 1, lines: h, width: w };
  return {
    isStaged,
    phasesH: kh === 1 ? 1 : stride[0],
    phasesW: kw === 1 ? 1 : stride[1],
    lines: Math.floor(((kh - 1) * dilation[0]) / stride[0]) + ho,
    width: Math.floor(((kw - 1) * dilation[1]) / stride[1]) + wo,
  };
}

export const planeInts = ({ isStaged, phasesH, phasesW, lines, width }: Planes): number[] => [
  Number(isStaged),
  phasesH,
  phasesW,
  lines,
  width,
];

export const planeFloats = ({ phasesH, phasesW, lines, width }: Planes): number => phasesH * phasesW * lines * width;

/** Images whose working set of `bytes` each fits `WAVE_BYTES`: what the caches keep between staging and use. */
export function imagesInWave(images: number, bytes: number): number {
  return Math.max(1, Math.min(images, Math.floor(WAVE_BYTES / Math.max(1, bytes))));
}

const WAVE_BYTES = 4 * 1024 * 1024;

/** Terms that are summed in order before block sums are added: the b of the error bound (KC in gemm.h). */
export const SUM_BLOCK = 256;

/** NR of gemm.h: columns of a packed panel. */
export const PANEL = 8;

/**
 * Whether conv-pixels.c is the faster product: its panels of 8 rows (output channels of the product) must be nearly full, and there
 * must be enough pixels to make packing the weights worth while.
 */
export const fillsPixelTiles = (rows: number, pixels: number): boolean =>
  8 * rows >= 7 * Math.ceil(rows / PANEL) * PANEL && pixels >= PIXEL_TILES_FROM;

const PIXEL_TILES_FROM = 32;

/** CONV_PACK_BYTES of conv-gemm.h: one worker's panels and collected sums, rounded up to cache lines. */
export const CONV_PACK_BYTES = (SUM_BLOCK * (256 + 8) + 64 * 256) * 4;

/** Whole cache lines and one more: vectors may be read past the end of what they are loaded from. */
export const padded = (bytes: number): number => Math.ceil(bytes / 64) * 64 + 64;

/** Parts of a scratch block, each on its own cache lines. */
export function layout<Name extends string>(
  parts: Readonly<Record<Name, number>>,
): { readonly at: Record<Name, number>; readonly bytes: number } {
  const at = {} as Record<Name, number>;
  let bytes = 0;
  for (const name of Object.keys(parts) as Name[]) {
    at[name] = bytes;
    bytes += padded(parts[name]);
  }
  return { at, bytes };
}
