// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016, figure 5 right; groups from Xie et al.:
// "Aggregated residual transformations for deep neural networks", CVPR 2017.
import { BatchNorm2d, Conv2d, chain, Module, plus, ReLU, type Sequential, type Tensor, zerosInit } from "@vertebra/core";
import { convInit, makeDownsample } from "./shortcut";

export interface BottleneckOptions {
  readonly inChannels: number;
  /** A quarter of the channels out. */
  readonly channels: number;
  /** Of the 3×3 convolution (ResNet v1.5, as torchvision; the paper strides the first 1×1). Default: 1. */
  readonly stride?: number;
  /** Cardinality. Default: 1. */
  readonly groups?: number;
  /** Width of a group at 64 channels. Default: 64. */
  readonly widthPerGroup?: number;
  /** A projection on the shortcut. Default: where stride or channels need one. */
  readonly downsample?: boolean;
  /** Starts the block as the identity: the last norm's weight is 0 (Goyal et al. 2017). Default: false. */
  readonly zeroInitResidual?: boolean;
}

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

  constructor(options: BottleneckOptions) {
    super();
    const { inChannels, channels, stride = 1, groups = 1, widthPerGroup = 64, downsample, zeroInitResidual = false } = options;
    const width = Math.floor((channels * widthPerGroup) / 64) * groups;
    const outChannels = channels * Bottleneck.expansion;
    this.conv1 = new Conv2d(inChannels, width, { kernel: 1, bias: false, weightInit: convInit });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, { kernel: 3, stride, padding: 1, groups, bias: false, weightInit: convInit });
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = new Conv2d(width, outChannels, { kernel: 1, bias: false, weightInit: convInit });
    this.bn3 = new BatchNorm2d(outChannels, zeroInitResidual ? { weightInit: zerosInit } : {});
    this.relu = new ReLU({ inplace: true });
    this.downsample = makeDownsample(inChannels, outChannels, stride, downsample);
  }

  forward(x: Tensor): Tensor {
    const { conv1, bn1, conv2, bn2, conv3, bn3, relu } = this;
    const shortcut = plus(() => this.downsample?.forward(x) ?? x);
    return chain(x, conv1, bn1, relu, conv2, bn2, relu, conv3, bn3, shortcut, relu);
  }
}
