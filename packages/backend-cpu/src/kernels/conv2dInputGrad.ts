import type { Launch, Plan } from "../launch";
import {
  CONV_PACK_BYTES,
  type Conv2dAttrs,
  convInts,
  convSizes,
  imagesInWave,
  layout,
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
  const { at, bytes } = layout({
    phases: attrs.stride[0] * attrs.stride[1] * PHASE_BYTES,
    offsets: (o / attrs.groups) * kh * kw * 4,
    weight: o * (c / attrs.groups) * kh * kw * 4,
    planes: isDepthwise ? 0 : wave * o * channelBytes,
    pack: workers * packBytes,
  });
  return {
    entry: isDepthwise ? "conv2dDepthwiseInputGrad" : "conv2dInputGrad",
    ints: [
      ...[dy.pointer, weight.pointer, dx.pointer, 0],
      ...convInts(sizes, attrs),
      ...planeInts(planes),
      ...[wave, at.offsets, at.weight, at.planes, at.pack, packBytes],
    ],
    scratchBytes: bytes,
    scratchAt: 3,
  };
};

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
