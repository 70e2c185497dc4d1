import type { CpuOperand, Launch, Plan } from "../launch";
import {
  CONV_PACK_BYTES,
  type Conv2dAttrs,
  convInts,
  convSizes,
  imagesInWave,
  inputPlanes,
  layout,
  padded,
  planeFloats,
  planeInts,
  SUM_BLOCK,
} from "./conv-plan";

/** y [N, O, HO, WO] = conv(x [N, C, H, W], weight [O, C / groups, KH, KW]) + bias [O]. */
export const conv2d: Plan<Conv2dAttrs> = ([x, weight, bias], [y], attrs, workers) =>
  x && weight && y ? planConvolution({ x, weight, bias, y }, attrs, null, workers) : null;

export interface ConvOperands {
  readonly x: CpuOperand;
  readonly weight: CpuOperand;
  readonly bias?: CpuOperand | undefined;
  readonly y: CpuOperand;
}

/** The words of a fused convolution's epilogue: pointers of scale, shift and residual (0 for none), number of the activation. */
export type EpilogueWords = readonly [scale: number, shift: number, residual: number, activation: number];

/** The launch of conv2d.c, or of conv2dDepthwise.c where every group has one input channel. */
export function planConvolution(
  { x, weight, bias, y }: ConvOperands,
  attrs: Conv2dAttrs,
  epilogue: EpilogueWords | null,
  workers: number,
): Launch | null {
  const sizes = convSizes(x, weight, y);
  const { n, c, o, ho, wo, kh, kw } = sizes;
  if (n * o * ho * wo === 0) return null;
  const isDepthwise = attrs.groups === c && o / c < MATRIX_ROWS;
  const planes = inputPlanes(sizes, attrs);
  const channelBytes = planes.isStaged ? planeFloats(planes) * 4 : 0;
  const wave = planes.isStaged ? imagesInWave(n, c * channelBytes) : n;
  // A depthwise worker stages its channel for itself; otherwise a wave of images is staged by all.
  const packBytes = isDepthwise ? padded(channelBytes) : CONV_PACK_BYTES;
  const sharedBytes = isDepthwise
    ? 0
    : sharedPanelBytes(Math.min(wave, n) * attrs.groups, (c / attrs.groups) * kh * kw, ho * wo, o / attrs.groups);
  const { at, bytes } = layout({
    offsets: (c / attrs.groups) * kh * kw * 4,
    planes: isDepthwise ? 0 : wave * c * channelBytes,
    pack: workers * packBytes,
    shared: sharedBytes,
  });
  return {
    entry: isDepthwise ? "conv2dDepthwise" : "conv2d",
    ints: [
      ...[x.pointer, weight.pointer, bias?.pointer ?? 0, y.pointer, 0],
      ...[Number(epilogue !== null), ...(epilogue ?? [0, 0, 0, 0])],
      ...convInts(sizes, attrs),
      ...planeInts(planes),
      ...[wave, at.planes, at.pack, packBytes, sharedBytes === 0 ? 0 : at.shared],
    ],
    scratchBytes: bytes,
    scratchAt: 4,
  };
}

/** Room for all of a layer's panels where few pixels meet many weights (the last stages at batch 1): packed once, shared by all. */
function sharedPanelBytes(entries: number, k: number, pixels: number, rows: number): number {
  const isWorthIt = pixels <= PANEL_TASK_PIXELS && rows >= SHARED_ROWS && entries <= SHARED_ENTRIES;
  return isWorthIt ? entries * (k * Math.ceil(pixels / PANEL) + Math.ceil(k / SUM_BLOCK)) * PANEL * 4 : 0;
}

/** From so many filters a channel on, a matrix product is faster than filtering planes one by one (27 to 21 GFLOP/s at 6). */
const MATRIX_ROWS = 4;
const PANEL = 8;
const PANEL_TASK_PIXELS = 256;
const SHARED_ROWS = 64;
const SHARED_ENTRIES = 4;
