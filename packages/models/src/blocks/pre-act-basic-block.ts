// He, Zhang, Ren, Sun: "Identity mappings in deep residual networks", ECCV 2016, figure 4e.
import { BatchNorm2d, Conv2d, Module, ReLU, type Sequential, type Tensor, zerosInit } from "@vertebra/core";
import { convInit, type ResidualBlockOptions, Shortcut } from "./shortcut";

/** Of a PreActBasicBlock; the stride is that of the first convolution. */
export type PreActBasicBlockOptions = ResidualBlockOptions;

/**
 * conv3×3(relu(norm(conv3×3(relu(norm(x)))))) + shortcut, nothing behind the sum; x [N, inChannels, H, W] → [N, channels,
 * H / stride, W / stride]. A projection takes relu(norm(x)) and has no norm of its own, an identity takes x, as in timm.
 */
export class PreActBasicBlock extends Module {
  /** Channels out for each of `channels`. */
  static readonly expansion = 1;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU;
  readonly conv1: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly downsample: Sequential | null;
  readonly #shortcut: Shortcut;

  constructor(options: PreActBasicBlockOptions) {
    super();
    const { inChannels, channels, stride = 1, convBias: bias = false, zeroInitResidual = false } = options;
    const shared = { kernel: 3, padding: 1, bias, weightInit: convInit } as const;
    this.bn1 = new BatchNorm2d(inChannels);
    this.relu = new ReLU({ inplace: true });
    this.conv1 = new Conv2d(inChannels, channels, { ...shared, stride });
    this.bn2 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, { ...shared, ...(zeroInitResidual && { weightInit: zerosInit }) });
    this.#shortcut = new Shortcut({ ...options, outChannels: channels, norm: false });
    this.downsample = this.#shortcut.downsample;
  }

  forward(x: Tensor): Tensor {
    const { bn1, relu, conv1, bn2, conv2 } = this;
    return this.#shortcut.preActivated(x, [bn1, relu], [conv1, bn2, relu, conv2]);
  }
}
