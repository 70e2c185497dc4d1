// Hu, Shen, Sun: "Squeeze-and-excitation networks", CVPR 2018, eq. 2–4; in the form of torchvision: 1×1 convolutions.
import { AdaptiveAvgPool2d, Conv2d, chain, kaimingNormal, Module, mul, type Tensor, zerosInit } from "@vertebra/core";
import { type ActivationName, type GateName, makeActivation, makeGate } from "./activation";

export interface SqueezeExcitationOptions {
  readonly inChannels: number;
  /** Channels between the two convolutions. */
  readonly squeezeChannels: number;
  /** δ, between the two convolutions. Default: "relu". */
  readonly activation?: ActivationName;
  /** σ, behind them. Default: "sigmoid". */
  readonly gate?: GateName;
}

/** x · σ(fc2(δ(fc1(mean of x's planes)))): a factor for each channel of each image; x [N, inChannels, H, W] → the same shape. */
export class SqueezeExcitation extends Module {
  readonly avgpool: AdaptiveAvgPool2d;
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;
  readonly activation: Module;
  readonly scale_activation: Module;

  constructor({ inChannels, squeezeChannels, activation = "relu", gate = "sigmoid" }: SqueezeExcitationOptions) {
    super();
    const options = { kernel: 1, weightInit: kaimingNormal("fanOut"), biasInit: zerosInit };
    this.avgpool = new AdaptiveAvgPool2d(1);
    this.fc1 = new Conv2d(inChannels, squeezeChannels, options);
    this.fc2 = new Conv2d(squeezeChannels, inChannels, options);
    this.activation = makeActivation(activation);
    this.scale_activation = makeGate(gate);
  }

  forward(x: Tensor): Tensor {
    const { avgpool, fc1, activation, fc2, scale_activation } = this;
    return mul(chain(x, avgpool, fc1, activation, fc2, scale_activation), x);
  }
}
