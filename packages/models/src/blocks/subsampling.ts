// LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", Proceedings of the IEEE 1998, S2.
import { avgPool2d, Module, onesInit, parameter, scaleShift, type Tensor, zerosInit } from "@vertebra/core";

/** The paper's pooling: the mean of every 2 × 2 values, times a trained weight plus a trained bias by channel; [N, C, H, W] → [N, C, H / 2, W / 2]. */
export class Subsampling extends Module {
  weight: Tensor;
  bias: Tensor;

  constructor(options: { readonly channels: number }) {
    super();
    this.weight = parameter([options.channels], onesInit);
    this.bias = parameter([options.channels], zerosInit);
  }

  forward(x: Tensor): Tensor {
    return scaleShift(avgPool2d(x, { kernel: 2 }), this.weight, this.bias);
  }

  override extraRepr(): string {
    return `${this.weight.shape[0]}`;
  }
}
