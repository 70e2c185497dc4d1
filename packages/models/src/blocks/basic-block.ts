// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016, figure 5 left.
import { BatchNorm2d, Conv2d, chain, Module, plus, ReLU, type Sequential, type Tensor, zerosInit } from "@vertebra/core";
import { convInit, makeDownsample } from "./shortcut";

export interface BasicBlockOptions {
  readonly inChannels: number;
  readonly channels: number;
  /** Of the first convolution. Default: 1. */
  readonly stride?: number;
  /** A projection on the shortcut. Default: where stride or channels need one. */
  readonly downsample?: boolean;
  /** Starts the block as the identity: the last norm's weight is 0 (Goyal et al. 2017). Default: false. */
  readonly zeroInitResidual?: boolean;
}

/** relu(norm(conv3×3(relu(norm(conv3×3(x))))) + shortcut); x [N, inChannels, H, W] → [N, channels, H / stride, W / stride]. */
export class BasicBlock extends Module {
  /** Channels out for each of `channels`. */
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | null;

  constructor({ inChannels, channels, stride = 1, downsample, zeroInitResidual = false }: BasicBlockOptions) {
    super();
    this.conv1 = new Conv2d(inChannels, channels, { kernel: 3, stride, padding: 1, bias: false, weightInit: convInit });
    this.bn1 = new BatchNorm2d(channels);
    this.relu = new ReLU({ inplace: true });
    this.conv2 = new Conv2d(channels, channels, { kernel: 3, padding: 1, bias: false, weightInit: convInit });
    this.bn2 = new BatchNorm2d(channels, zeroInitResidual ? { weightInit: zerosInit } : {});
    this.downsample = makeDownsample(inChannels, channels, stride, downsample);
  }

  forward(x: Tensor): Tensor {
    const { conv1, bn1, relu, conv2, bn2 } = this;
    return chain(
      x,
      conv1,
      bn1,
      relu,
      conv2,
      bn2,
      plus(() => this.downsample?.forward(x) ?? x),
      relu,
    );
  }
}
