import type { CpuOperand, Launch, Plan } from "../launch";
import {
  CONV_PACK_BYTES,
  type Conv2dAttrs,
  type ConvSizes,
  convInts,
  convSizes,
  fillsPixelTiles,
  imagesInWave,
  layout,
  PANEL,
  type Planes,
  padded,
  planeFloats,
  planeInts,
} from "./conv-plan";

/** dx [N, C, H, W] from dy [N, O, HO, WO] and weight [O, C / groups, KH, KW]. */
export const conv2dInputGrad: Plan<Conv2dAttrs> = ([dy, weight], [dx], attrs, workers): Launch | null => {
  if (!dy || !weight || !dx) return null;
  const sizes = convSizes(dx, weight, dy);
  const { n, c, h, w, o, ho, wo, kh, kw } = sizes;
  if (n * c * h * w === 0) return null;
  if (canGoByLines(sizes, attrs)) return planByLines({ dy, weight, dx }, sizes, attrs, workers);
  const [top, , left] = [attrs.padding[0], attrs.padding[1], attrs.padding[2]];
  const rows = stagedAxis(h, ho, kh, attrs.stride[0], top, attrs.dilation[0]);
  const columns = stagedAxis(w, wo, kw, attrs.stride[1], left, attrs.dilation[1]);
  const isStaged = rows.isMoved || columns.isMoved;
  const planes: Planes = { isStaged, phasesH: 1, phasesW: 1, lines: rows.size, width: columns.size };
  const channelBytes = isStaged ? planeFloats(planes) * 4 : 0;
  const wave = isStaged ? imagesInWave(n, o * channelBytes) : n;
  const isDepthwise = attrs.groups === c;
  // A depthwise worker stages the planes of its channel for itself, and collects a phase that has gaps.
  const packBytes = isDepthwise ? padded((o / c) * planeFloats(planes) * 4 + 32) + padded(h * w * 4) : CONV_PACK_BYTES;
  const isByPixels = !isDepthwise && fillsPixelTiles(c / attrs.groups, n * h * w);
  const channels = isByPixels ? attrs.groups * Math.ceil(c / attrs.groups / PANEL) * PANEL : c;
  const { at, bytes } = layout({
    phases: attrs.stride[0] * attrs.stride[1] * PHASE_BYTES,
    offsets: (o / attrs.groups) * kh * kw * 4,
    weight: channels * (o / attrs.groups) * kh * kw * 4,
    planes: isDepthwise ? 0 : wave * o * channelBytes,
    pack: workers * packBytes,
  });
  return {
    entry: isDepthwise ? "conv2dDepthwiseInputGrad" : "conv2dInputGrad",
    ints: [
      ...[dy.pointer, weight.pointer, dx.pointer, 0],
      ...convInts(sizes, attrs),
      ...planeInts(planes),
      ...[wave, Number(isByPixels), at.offsets, at.weight, at.planes, at.pack, packBytes],
    ],
    scratchBytes: bytes,
    scratchAt: 3,
  };
};

/** Whether conv2dInputGradLines.c takes it: there it is faster from so many pixels of dx for each of dy on. */
function canGoByLines({ h, w, o, ho, wo }: ConvSizes, { stride, dilation, groups }: Conv2dAttrs): boolean {
  const isPlain = stride[0] * stride[1] * dilation[0] * dilation[1] * groups === 1;
  return isPlain && h * w >= LINES_FROM * ho * wo && o * ho * wo * MAX_IMAGES * 4 <= LINES_PANEL_BYTES;
}

function planByLines(
  { dy, weight, dx }: { readonly dy: CpuOperand; readonly weight: CpuOperand; readonly dx: CpuOperand },
  sizes: ConvSizes,
  attrs: Conv2dAttrs,
  workers: number,
): Launch {
  const { n, c, o, ho, wo, kh, kw } = sizes;
  const imagesPerTask = Math.min(n, imagesInPanels(wo));
  const columns = Math.ceil((imagesPerTask * wo) / PANEL) * PANEL;
  const panelBytes = padded(o * ho * columns * 4);
  const packBytes = panelBytes + padded(Math.max(kw * c, 1) * columns * 4);
  const { at, bytes } = layout({ weight: o * c * kh * kw * 4, pack: workers * packBytes });
  return {
    entry: "conv2dInputGradLines",
    ints: [
      ...[dy.pointer, weight.pointer, dx.pointer, 0],
      ...convInts(sizes, attrs),
      ...[imagesPerTask, at.pack, packBytes, panelBytes],
    ],
    scratchBytes: bytes,
    scratchAt: 3,
  };
}

/** So many images that their lines side by side fill whole panels. */
function imagesInPanels(wo: number): number {
  let images = 1;
  while ((images * wo) % PANEL !== 0) images *= 2;
  return images;
}

const MAX_IMAGES = PANEL;
const LINES_FROM = 1.25;
const LINES_PANEL_BYTES = 512 * 1024;

/** sizeof(Phase) in conv2dInputGrad.h. */
const PHASE_BYTES = 13 * 4;

/** Lines of dy that the phases of one axis of dx read, with the zeros around them (conv2dInputGrad.c); unmoved if they are dy's own. */
function stagedAxis(
  size: number,
  out: number,
  kernel: number,
  stride: number,
  pad: number,
  dilation: number,
): { size: number; isMoved: boolean } {
  const far = Math.floor(((kernel - 1) * dilation) / stride);
  const first = Math.floor(pad / stride) - far;
  const last = Math.floor((pad + size - 1) / stride);
  const staged = last - first + 1;
  return { size: staged, isMoved: first !== 0 || staged !== out };
}
