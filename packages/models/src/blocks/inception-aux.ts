// Szegedy et al.: "Going deeper with convolutions", CVPR 2015, section 5.
import {
  adaptiveAvgPool2d,
  avgPool2d,
  type Conv2d,
  chain,
  Dropout,
  flatten,
  Linear,
  Module,
  relu,
  type Step,
  type Tensor,
} from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { activated, GOOGLENET_INIT, type GoogLeNetForm, googLeNetConv } from "./googlenet-conv";

export interface InceptionAuxOptions {
  readonly inChannels: number;
  readonly numClasses: number;
  /** Probability of dropping an input of the last layer in training. Default: 0.7. */
  readonly dropout?: number;
  /** Default: "torchvision". */
  readonly form?: GoogLeNetForm;
}

/** Channels of the 1×1 convolution, side of the averaged map and features of the hidden layer. */
const CHANNELS = 128;
const SIDE = 4;
const HIDDEN = 1024;

/**
 * A classifier on a map halfway, for its gradient: average pooling, 1×1 convolution and two linear layers;
 * x [N, inChannels, H, W] → logits [N, numClasses].
 */
export class InceptionAux extends Module {
  readonly conv: BasicConv2d | Conv2d;
  readonly fc1: Linear;
  fc2: Linear;
  readonly dropout: Dropout;
  readonly #pool: Step;

  constructor({ inChannels, numClasses, dropout = 0.7, form = "torchvision" }: InceptionAuxOptions) {
    super();
    const init = form === "torchvision" ? { weightInit: GOOGLENET_INIT } : {};
    this.conv = googLeNetConv(form, { inChannels, outChannels: CHANNELS, kernel: 1 });
    this.fc1 = new Linear(CHANNELS * SIDE * SIDE, HIDDEN, init);
    this.fc2 = new Linear(HIDDEN, numClasses, init);
    this.dropout = new Dropout(dropout);
    this.#pool = form === "torchvision" ? adaptivePool : paperPool;
  }

  forward(x: Tensor): Tensor {
    const { conv, fc1, dropout, fc2 } = this;
    return chain(x, this.#pool, ...activated(conv), flatten, fc1, relu, dropout, fc2);
  }
}

const adaptivePool = (x: Tensor): Tensor => adaptiveAvgPool2d(x, SIDE);

/** The paper's 5×5 windows with stride 3, which take 14×14 to 4×4; maps that they take elsewhere are pooled to 4×4 all the same. */
function paperPool(x: Tensor): Tensor {
  const fits = x.shape.slice(2).every((size) => Math.floor((size - 5) / 3) + 1 === SIDE);
  return fits ? avgPool2d(x, { kernel: 5, stride: 3 }) : adaptivePool(x);
}
