// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016.
import { BatchNorm2d, Conv2d, type Conv2dLayerOptions, chain, Module, ReLU, type Tensor } from "@vertebra/core";

export interface BasicConv2dOptions extends Omit<Conv2dLayerOptions, "bias"> {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Of the norm. Default: 1e-3, the Inceptions'. */
  readonly eps?: number;
}

/** relu(bn(conv(x))), the convolution of the Inceptions; x [N, inChannels, H, W] → [N, outChannels, Ho, Wo]. */
export class BasicConv2d extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  constructor({ inChannels, outChannels, eps = 1e-3, ...options }: BasicConv2dOptions) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, { ...options, bias: false });
    this.bn = new BatchNorm2d(outChannels, { eps });
  }

  forward(x: Tensor): Tensor {
    return chain(x, this.conv, this.bn, RELU);
  }
}

const RELU = new ReLU();
