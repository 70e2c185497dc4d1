// Sandler et al.: "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018, with the squeeze-and-excitation of Tan et al.:
// "MnasNet", CVPR 2019; in the form of torchvision.
import {
  type BatchNorm2dOptions,
  ConvNormAct,
  type ConvNormActOptions,
  chain,
  kaimingNormal,
  Module,
  plus,
  Sequential,
  StochasticDepth,
  type Tensor,
} from "@vertebra/core";
import { type ActivationName, makeActivation } from "./activation";
import { makeDivisible } from "./make-divisible";
import { SqueezeExcitation } from "./squeeze-excitation";

export interface MBConvOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Of the depthwise convolution. Default: 3. */
  readonly kernel?: number;
  /** Of the depthwise convolution. Default: 1. */
  readonly stride?: number;
  /** Channels inside for each of `inChannels`; at 1 there is no convolution to expand them. Default: 6. */
  readonly expandRatio?: number;
  /** Probability of leaving out the branch beside the shortcut in training. Default: 0. */
  readonly stochasticDepth?: number;
  /** Of all norms. */
  readonly norm?: BatchNorm2dOptions;
  /** Behind all norms but the last, and inside the squeeze-and-excitation. Default: "silu". */
  readonly activation?: ActivationName;
  /** A shortcut where stride and channels allow it. Default: true. */
  readonly residual?: boolean;
}

/** Channels inside the squeeze-and-excitation for each of the block's input. */
const SQUEEZE = 0.25;

/**
 * 1×1 expand, k×k by channel, squeeze-and-excitation, 1×1 project, plus x where the shape stays; x [N, inChannels, H, W] →
 * [N, outChannels, H / stride, W / stride].
 */
export class MBConv extends Module {
  readonly block: Sequential;
  readonly stochastic_depth: StochasticDepth;
  readonly #isResidual: boolean;

  constructor(options: MBConvOptions) {
    super();
    const { inChannels, outChannels, kernel = 3, stride = 1, expandRatio = 6, stochasticDepth = 0 } = options;
    const { norm = {}, activation = "silu", residual = true } = options;
    const width = makeDivisible(inChannels * expandRatio, 8);
    const squeezeChannels = Math.max(1, Math.floor(inChannels * SQUEEZE));
    const conv = (from: number, to: number, own: Pick<ConvNormActOptions, "kernel" | "stride" | "groups">, isLinear = false) =>
      new ConvNormAct(from, to, { ...own, norm, weightInit, activation: isLinear ? null : makeActivation(activation) });
    this.block = new Sequential([
      ...(width === inChannels ? [] : [conv(inChannels, width, { kernel: 1 })]),
      conv(width, width, { kernel, stride, groups: width }),
      new SqueezeExcitation({ inChannels: width, squeezeChannels, activation }),
      conv(width, outChannels, { kernel: 1 }, true),
    ]);
    this.stochastic_depth = new StochasticDepth(stochasticDepth, "row");
    this.#isResidual = residual && stride === 1 && inChannels === outChannels;
  }

  forward(x: Tensor): Tensor {
    // Layer by layer, so that at evaluation the last convolution adds the shortcut by itself.
    const steps = this.block.layers.flatMap((layer) => (layer instanceof Sequential ? layer.layers : [layer]));
    if (!this.#isResidual) return chain(x, ...steps);
    const drop = this.isTraining ? [this.stochastic_depth] : [];
    return chain(
      x,
      ...steps,
      ...drop,
      plus(() => x),
    );
  }
}

/** He et al. 2015 by the outputs, as torchvision initialises every convolution of its EfficientNets. */
const weightInit = kaimingNormal("fanOut");
