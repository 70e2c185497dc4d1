// Huang, Liu, van der Maaten, Weinberger: "Densely connected convolutional networks", CVPR 2017, sections "Pooling layers" and
// "Compression".
import { AvgPool2d, BatchNorm2d, Conv2d, kaimingNormal, ReLU, Sequential, zerosInit } from "@vertebra/core";

export interface TransitionOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Of the 1×1 convolution: 1 gives the maps a border of nothing but its bias, a slip that tutorials pass on. Default: 0. */
  readonly padding?: number;
  /** A bias in the convolution. Default: false. */
  readonly bias?: boolean;
}

/** Between dense blocks: norm, ReLU, 1×1 convolution, 2×2 average pooling; x [N, inChannels, H, W] → [N, outChannels, H / 2, W / 2]. */
export class Transition extends Sequential {
  constructor({ inChannels, outChannels, padding = 0, bias = false }: TransitionOptions) {
    const inits = { weightInit: kaimingNormal("fanIn"), biasInit: zerosInit };
    super({
      norm: new BatchNorm2d(inChannels),
      relu: new ReLU({ inplace: true }),
      conv: new Conv2d(inChannels, outChannels, { kernel: 1, padding, bias, ...inits }),
      pool: new AvgPool2d({ kernel: 2, stride: 2 }),
    });
  }

  override get typeName(): string {
    return "_Transition";
  }
}
