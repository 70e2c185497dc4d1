// ResNeXt as Keras tutorials build it after `keras.applications`: Xie et al., CVPR 2017, with 2 · filters channels out of a block.
import { ArgumentError, BatchNorm2d, Conv2d, chain, Module, plus, ReLU, Sequential, type Tensor } from "@vertebra/core";
import { SamePadConv2d } from "./same-pad-conv2d";

/** Keras's own for its ResNets. */
const EPS = 1.001e-5;
const GROUPS = 32;

export interface KerasResNeXtBlockOptions {
  readonly inChannels: number;
  /** Channels inside; the block gives twice as many. */
  readonly filters: number;
  /** Of the convolution in groups. Default: 3. */
  readonly kernel?: number;
  /** Of the convolution in groups and of the one on the shortcut. Default: 1. */
  readonly stride?: number;
  /** Default: 32. */
  readonly groups?: number;
  /** A 1×1 convolution and norm on the shortcut; false needs 2 · filters channels in and stride 1. Default: true. */
  readonly convShortcut?: boolean;
}

/**
 * 1×1, k×k in groups with SAME padding, 1×1, plus shortcut; x [N, inChannels, H, W] → [N, 2 · filters, ⌈H / stride⌉, ⌈W / stride⌉].
 * Convolutions have no bias. `conv0` and `bn0` (on the shortcut) to `conv3` and `bn3` are Keras's `_0_conv` to `_3_bn`. Keras
 * makes `_2_conv` depthwise with c = filters / groups outputs a channel and sums c channels: its kernel [k, k, filters, c] at
 * [y, x, g · c + i, o] is ours at [g · c + o, i, y, x].
 */
export class KerasResNeXtBlock extends Module {
  readonly conv0: Conv2d | null;
  readonly bn0: BatchNorm2d | null;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: SamePadConv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu: ReLU;
  readonly #fix: string;

  /** @throws ArgumentError if `groups` doesn't divide `filters`; Keras would drop the rest. */
  constructor(options: KerasResNeXtBlockOptions) {
    super();
    const { inChannels, filters, kernel = 3, stride = 1, groups = GROUPS, convShortcut = true } = options;
    requireDivisible(filters, groups);
    const outChannels = 2 * filters;
    const bias = false;
    this.conv0 = convShortcut ? new Conv2d(inChannels, outChannels, { kernel: 1, stride, bias }) : null;
    this.bn0 = convShortcut ? new BatchNorm2d(outChannels, { eps: EPS }) : null;
    this.conv1 = new Conv2d(inChannels, filters, { kernel: 1, bias });
    this.bn1 = new BatchNorm2d(filters, { eps: EPS });
    this.conv2 = new SamePadConv2d(filters, filters, { kernel, stride, groups, bias });
    this.bn2 = new BatchNorm2d(filters, { eps: EPS });
    this.conv3 = new Conv2d(filters, outChannels, { kernel: 1, bias });
    this.bn3 = new BatchNorm2d(outChannels, { eps: EPS });
    this.relu = new ReLU();
    this.#fix = `Build the block with convShortcut: true, or give it 2 · filters = ${outChannels} channels and stride 1`;
  }

  /** @throws ShapeError naming both branches where the identity doesn't fit. */
  forward(x: Tensor): Tensor {
    const { conv1, bn1, conv2, bn2, conv3, bn3, relu } = this;
    const shortcut = plus(() => this.#projected(x) ?? x, { fix: this.#fix });
    return chain(x, conv1, bn1, relu, conv2, bn2, relu, conv3, bn3, shortcut, relu);
  }

  #projected(x: Tensor): Tensor | null {
    const { conv0, bn0 } = this;
    return conv0 && bn0 && chain(x, conv0, bn0);
  }
}

function requireDivisible(filters: number, groups: number): void {
  if (filters % groups === 0) return;
  const below = Math.floor(filters / groups) * groups;
  throw new ArgumentError("KerasResNeXtBlock", {
    rule: "filters must be divisible by groups",
    got: `${filters} and ${groups}`,
    fix: `Use ${[below, below + groups].filter((n) => n > 0).join(" or ")} filters, or other groups`,
  });
}

export interface KerasResNeXtStackOptions {
  readonly inChannels: number;
  readonly filters: number;
  /** Blocks behind the first: the stack has 1 + blocks. */
  readonly blocks: number;
  /** Of the first block. Default: 2. */
  readonly stride1?: number;
  /** Default: 32. */
  readonly groups?: number;
}

/** A block with a convolution on its shortcut, "0", then `blocks` with the identity; x [N, inChannels, H, W] → [N, 2 · filters, …]. */
export function kerasResNeXtStack({
  inChannels,
  filters,
  blocks,
  stride1 = 2,
  groups = GROUPS,
}: KerasResNeXtStackOptions): Sequential {
  const rest = { inChannels: 2 * filters, filters, groups, convShortcut: false };
  return new Sequential([
    new KerasResNeXtBlock({ inChannels, filters, groups, stride: stride1 }),
    ...Array.from({ length: blocks }, () => new KerasResNeXtBlock(rest)),
  ]);
}
