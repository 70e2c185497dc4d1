// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016, figure 5 left.
import { BatchNorm2d, Conv2d, chain, Module, ReLU, type Sequential, type Tensor, zerosInit } from "@vertebra/core";
import { convInit, type ResidualBlockOptions, Shortcut } from "./shortcut";

/** Of a BasicBlock; the stride is that of the first convolution. */
export type BasicBlockOptions = ResidualBlockOptions;

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
  readonly #shortcut: Shortcut;

  constructor(options: BasicBlockOptions) {
    super();
    const { inChannels, channels, stride = 1, convBias: bias = false, zeroInitResidual = false } = options;
    const shared = { kernel: 3, padding: 1, bias, weightInit: convInit } as const;
    this.conv1 = new Conv2d(inChannels, channels, { ...shared, stride });
    this.bn1 = new BatchNorm2d(channels);
    this.relu = new ReLU({ inplace: true });
    this.conv2 = new Conv2d(channels, channels, shared);
    this.bn2 = new BatchNorm2d(channels, zeroInitResidual ? { weightInit: zerosInit } : {});
    this.#shortcut = new Shortcut({ ...options, outChannels: channels });
    this.downsample = this.#shortcut.downsample;
  }

  forward(x: Tensor): Tensor {
    const { conv1, bn1, relu, conv2, bn2 } = this;
    return chain(x, conv1, bn1, relu, conv2, bn2, ...this.#shortcut.steps(x), relu);
  }
}
