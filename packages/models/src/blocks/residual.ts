// Zhang, Lipton, Li, Smola: "Dive into Deep Learning", section "Residual networks": the textbook's block.
import { ArgumentError, BatchNorm2d, Conv2d, chain, Module, plus, ReLU, Sequential, type Tensor } from "@vertebra/core";

export interface ResidualOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  /** A 1×1 convolution on the shortcut, with a bias and without a norm. Default: false, which needs stride 1 and equal channels. */
  readonly use1x1Conv?: boolean;
  /** Of the first convolution and of the one on the shortcut. Default: 1. */
  readonly stride?: number;
}

/**
 * The textbook's residual block, its convolutions with a bias: relu(bn2(conv2(relu(bn1(conv1(x))))) + conv3(x) or x);
 * x [N, inChannels, H, W] → [N, outChannels, H / stride, W / stride].
 */
export class Residual extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly conv3: Conv2d | null;
  readonly bn1: BatchNorm2d;
  readonly bn2: BatchNorm2d;

  constructor({ inChannels, outChannels, use1x1Conv = false, stride = 1 }: ResidualOptions) {
    super();
    this.conv1 = new Conv2d(inChannels, outChannels, { kernel: 3, padding: 1, stride });
    this.conv2 = new Conv2d(outChannels, outChannels, { kernel: 3, padding: 1 });
    this.conv3 = use1x1Conv ? new Conv2d(inChannels, outChannels, { kernel: 1, stride }) : null;
    this.bn1 = new BatchNorm2d(outChannels);
    this.bn2 = new BatchNorm2d(outChannels);
  }

  /** @throws ShapeError naming both branches where the identity doesn't fit. */
  forward(x: Tensor): Tensor {
    const { conv1, bn1, conv2, bn2, conv3 } = this;
    const shortcut = plus(() => conv3?.forward(x) ?? x, { fix: FIX });
    return chain(x, conv1, bn1, RELU, conv2, bn2, shortcut, RELU);
  }
}

const RELU = new ReLU();
const FIX = "Build the block with use1x1Conv: true, or keep stride 1 and outChannels equal to inChannels";

export interface ResnetBlockOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  /** How many Residuals. */
  readonly blocks: number;
  /** The network's first stage, whose maps the stem has already halved: no stride and no 1×1. Default: false. */
  readonly first?: boolean;
}

/**
 * The textbook's stage: Residuals "0", "1", …, of which the first halves the side and has the 1×1, unless it is the network's
 * first stage.
 * @throws ArgumentError for a first stage of other channels than it gets: the textbook would build it and fail when run.
 */
export function resnetBlock({ inChannels, outChannels, blocks, first = false }: ResnetBlockOptions): Sequential {
  if (first && inChannels !== outChannels) {
    throw new ArgumentError("resnetBlock", {
      rule: "the first stage must keep its channels, as its first block has no convolution on the shortcut",
      got: `inChannels ${inChannels} and outChannels ${outChannels}`,
      fix: "Leave out first: true, or make the stem give outChannels",
    });
  }
  if (blocks < 1) throw new ArgumentError("resnetBlock", { rule: "blocks must be at least 1", got: `${blocks}` });
  const halving = new Residual({ inChannels, outChannels, ...(!first && { use1x1Conv: true, stride: 2 }) });
  const others = Array.from({ length: blocks - 1 }, () => new Residual({ inChannels: outChannels, outChannels }));
  return new Sequential([halving, ...others]);
}
