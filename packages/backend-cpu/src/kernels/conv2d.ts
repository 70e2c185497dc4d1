import type { CpuOperand, Launch, Plan } from "../launch";
import {
  CONV_PACK_BYTES,
  type Conv2dAttrs,
  type ConvSizes,
  convInts,
  convSizes,
  fillsPixelTiles,
  imagesInWave,
  inputPlanes,
  layout,
  PANEL,
  padded,
  planeFloats,
  planeInts,
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
  const weightBytes = isDepthwise ? 0 : weightPanelBytes(sizes, attrs.groups);
  const { at, bytes } = layout({
    offsets: (c / attrs.groups) * kh * kw * 4,
    planes: isDepthwise ? 0 : wave * c * channelBytes,
    pack: workers * packBytes,
    weights: weightBytes,
  });
  return {
    entry: isDepthwise ? "conv2dDepthwise" : "conv2d",
    ints: [
      ...[x.pointer, weight.pointer, bias?.pointer ?? 0, y.pointer, 0],
      ...[Number(epilogue !== null), ...(epilogue ?? [0, 0, 0, 0])],
      ...convInts(sizes, attrs),
      ...planeInts(planes),
      ...[wave, at.planes, at.pack, packBytes, weightBytes === 0 ? 0 : at.weights],
    ],
    scratchBytes: bytes,
    scratchAt: 4,
  };
}

/** Room for the weights in panels where conv-pixels.c is faster. */
function weightPanelBytes({ n, c, o, ho, wo, kh, kw }: ConvSizes, groups: number): number {
  const rows = o / groups;
  return fillsPixelTiles(rows, n * ho * wo) ? groups * Math.ceil(rows / PANEL) * PANEL * (c / groups) * kh * kw * 4 : 0;
}

/** From so many filters a channel on, a matrix product is faster than filtering planes one by one (27 to 21 GFLOP/s at 6). */
const MATRIX_ROWS = 4;
