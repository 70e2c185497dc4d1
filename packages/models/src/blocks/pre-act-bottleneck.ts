// He, Zhang, Ren, Sun: "Identity mappings in deep residual networks", ECCV 2016, section 4 and figure 4e.
import { BatchNorm2d, Conv2d, Module, ReLU, type Sequential, type Tensor, zerosInit } from "@vertebra/core";
import { type BottleneckOptions, bottleneckWidth } from "./bottleneck";
import { convInit, Shortcut } from "./shortcut";

/** Of a PreActBottleneck. */
export type PreActBottleneckOptions = BottleneckOptions;

/**
 * Bottleneck with norm and ReLU in front of each convolution and nothing behind the sum; x [N, inChannels, H, W] → [N, 4 ·
 * channels, H / stride, W / stride]. A projection takes relu(norm(x)) and has no norm of its own, an identity takes x, as in timm.
 */
export class PreActBottleneck extends Module {
  /** Channels out for each of `channels`. */
  static readonly expansion = 4;
  readonly bn1: BatchNorm2d;
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly relu: ReLU;
  readonly downsample: Sequential | null;
  readonly #shortcut: Shortcut;

  constructor(options: PreActBottleneckOptions) {
    super();
    const { inChannels, channels, stride = 1, groups = 1, convBias: bias = false } = options;
    const { zeroInitResidual = false, strideOnConv1 = false } = options;
    const width = bottleneckWidth(options);
    const outChannels = channels * PreActBottleneck.expansion;
    const shared = { bias, weightInit: convInit };
    const [stride1, stride2] = strideOnConv1 ? [stride, 1] : [1, stride];
    this.bn1 = new BatchNorm2d(inChannels);
    this.conv1 = new Conv2d(inChannels, width, { ...shared, kernel: 1, stride: stride1 });
    this.bn2 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, { ...shared, kernel: 3, stride: stride2, padding: 1, groups });
    this.bn3 = new BatchNorm2d(width);
    this.conv3 = new Conv2d(width, outChannels, { ...shared, kernel: 1, ...(zeroInitResidual && { weightInit: zerosInit }) });
    this.relu = new ReLU({ inplace: true });
    this.#shortcut = new Shortcut({ ...options, outChannels, norm: false });
    this.downsample = this.#shortcut.downsample;
  }

  forward(x: Tensor): Tensor {
    const { bn1, relu, conv1, bn2, conv2, bn3, conv3 } = this;
    return this.#shortcut.preActivated(x, [bn1, relu], [conv1, bn2, relu, conv2, bn3, relu, conv3]);
  }
}
