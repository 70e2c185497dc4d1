// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016, figure 5 right; groups from Xie et al.:
// "Aggregated residual transformations for deep neural networks", CVPR 2017.
import { BatchNorm2d, Conv2d, chain, Module, ReLU, type Sequential, type Tensor, zerosInit } from "@vertebra/core";
import { convInit, type ResidualBlockOptions, Shortcut } from "./shortcut";

export interface BottleneckOptions extends ResidualBlockOptions {
  /** Cardinality. Default: 1. */
  readonly groups?: number;
  /** Width of a group at 64 channels. Default: 64. */
  readonly widthPerGroup?: number;
  /** The stride on the first 1×1 as in the paper (v1), not on the 3×3 as in torchvision (v1.5). Default: false. */
  readonly strideOnConv1?: boolean;
}

/** Channels of a bottleneck's inner convolutions. */
export const bottleneckWidth = ({ channels, groups = 1, widthPerGroup = 64 }: BottleneckOptions): number =>
  Math.floor((channels * widthPerGroup) / 64) * groups;

/** 1×1 reduce, 3×3 in groups, 1×1 expand, plus shortcut; x [N, inChannels, H, W] → [N, 4 · channels, H / stride, W / stride]. */
export class Bottleneck extends Module {
  /** Channels out for each of `channels`. */
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu: ReLU;
  readonly downsample: Sequential | null;
  readonly #shortcut: Shortcut;

  constructor(options: BottleneckOptions) {
    super();
    const { inChannels, channels, stride = 1, groups = 1, convBias: bias = false } = options;
    const { zeroInitResidual = false, strideOnConv1 = false } = options;
    const width = bottleneckWidth(options);
    const outChannels = channels * Bottleneck.expansion;
    const shared = { bias, weightInit: convInit };
    const [stride1, stride2] = strideOnConv1 ? [stride, 1] : [1, stride];
    this.conv1 = new Conv2d(inChannels, width, { ...shared, kernel: 1, stride: stride1 });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, { ...shared, kernel: 3, stride: stride2, padding: 1, groups });
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = new Conv2d(width, outChannels, { ...shared, kernel: 1 });
    this.bn3 = new BatchNorm2d(outChannels, zeroInitResidual ? { weightInit: zerosInit } : {});
    this.relu = new ReLU({ inplace: true });
    this.#shortcut = new Shortcut({ ...options, outChannels });
    this.downsample = this.#shortcut.downsample;
  }

  forward(x: Tensor): Tensor {
    const { conv1, bn1, conv2, bn2, conv3, bn3, relu } = this;
    return chain(x, conv1, bn1, relu, conv2, bn2, relu, conv3, bn3, ...this.#shortcut.steps(x), relu);
  }
}
