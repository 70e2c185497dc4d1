import type { Launch, Plan } from "../launch";
import {
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

const PANEL = 8;
const VECTOR_BYTES = 16;
const TAPS_PER_TASK = 144;
const CHANNELS_PER_TASK = 64;
/** Parts that the sum is split into where tiles alone make fewer tasks. Fixed, so that no bit depends on the number of threads. */
const TASKS = 32;

/** dw [O, C / groups, KH, KW] from x [N, C, H, W] and dy [N, O, HO, WO]. */
export const conv2dWeightGrad: Plan<Conv2dAttrs> = ([x, dy], [dw], attrs, workers): Launch | null => {
  if (!x || !dy || !dw) return null;
  const sizes = convSizes(x, dw, dy);
  const { n, c, o, ho, wo, kh, kw } = sizes;
  const { groups } = attrs;
  const taps = (c / groups) * kh * kw;
  if (o * taps === 0) return null;
  const planes = inputPlanes(sizes, attrs);
  const channelBytes = planes.isStaged ? planeFloats(planes) * 4 : 0;
  const isDepthwise = groups === c && n * ho * wo > 0;
  const paddedChannels = Math.ceil(o / groups / PANEL) * PANEL;
  const dyBytes = groups * paddedChannels * ho * wo * 4;
  const wave = imagesInWave(n, c * channelBytes + dyBytes);
  const tiles = groups * Math.ceil(taps / TAPS_PER_TASK) * Math.ceil(paddedChannels / CHANNELS_PER_TASK);
  const splits = Math.min(Math.ceil(TASKS / tiles), blocksOf(wave, ho, wo, planes.width), n * ho * wo);
  // A depthwise worker stages its channel for itself, behind a vector of sums for each tap.
  const packBytes = isDepthwise ? padded(taps * VECTOR_BYTES + channelBytes) : 0;
  const { at, bytes } = layout({
    offsets: taps * 4,
    planes: isDepthwise ? 0 : wave * c * channelBytes,
    dy: isDepthwise ? 0 : wave * dyBytes,
    sums: isDepthwise ? 0 : splits * groups * taps * paddedChannels * 4,
    pack: workers * packBytes,
  });
  return {
    entry: isDepthwise ? "conv2dDepthwiseWeightGrad" : "conv2dWeightGrad",
    ints: [
      ...[x.pointer, dy.pointer, dw.pointer, 0],
      ...convInts(sizes, attrs),
      ...planeInts(planes),
      ...[wave, splits, at.planes, at.dy, at.sums, at.pack, packBytes],
    ],
    scratchBytes: bytes,
    scratchAt: 3,
  };
};

/** Blocks of at most SUM_BLOCK pixels in so many images, as conv2dWeightGrad.c cuts them. */
function blocksOf(images: number, ho: number, wo: number, planeWidth: number): number {
  const [lines, length] = planeWidth === wo ? [1, ho * wo] : [ho, wo];
  if (length > SUM_BLOCK) return images * lines * Math.ceil(length / SUM_BLOCK);
  const blocks = Math.ceil(lines / Math.floor(SUM_BLOCK / length));
  return blocks > 1 ? images * blocks : Math.ceil(images / Math.floor(SUM_BLOCK / (ho * wo)));
}
