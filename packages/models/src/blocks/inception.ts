// Szegedy et al.: "Going deeper with convolutions", CVPR 2015, figure 2b.
import { type Conv2d, MaxPool2d, Module, Sequential, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { fork } from "./fork";
import { activated, type GoogLeNetForm, googLeNetConv } from "./googlenet-conv";

/** A row of table 1, with torchvision's names for its columns. */
export interface InceptionOptions {
  readonly inChannels: number;
  /** #1×1. */
  readonly ch1x1: number;
  /** #3×3 reduce. */
  readonly ch3x3red: number;
  /** #3×3. */
  readonly ch3x3: number;
  /** #5×5 reduce. */
  readonly ch5x5red: number;
  /** #5×5; in torchvision's form of 3×3 kernels, a mistake that its weights were ported with. */
  readonly ch5x5: number;
  /** Pool proj. */
  readonly poolProj: number;
  /** Default: "torchvision". */
  readonly form?: GoogLeNetForm;
}

/** Side of the third branch's kernel. */
const KERNEL = { torchvision: 3, "2014": 5 } as const;

/**
 * Four branches side by side: 1×1, 3×3 and 5×5 behind 1×1 reductions, and 3×3 max pooling with a projection;
 * x [N, inChannels, H, W] → [N, ch1x1 + ch3x3 + ch5x5 + poolProj, H, W].
 */
export class Inception extends Module {
  readonly branch1: BasicConv2d | Conv2d;
  readonly branch2: Sequential;
  readonly branch3: Sequential;
  readonly branch4: Sequential;

  constructor(options: InceptionOptions) {
    super();
    const { inChannels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, poolProj, form = "torchvision" } = options;
    const conv = (from: number, outChannels: number, kernel: number) =>
      googLeNetConv(form, { inChannels: from, outChannels, kernel, padding: (kernel - 1) / 2 });
    this.branch1 = conv(inChannels, ch1x1, 1);
    this.branch2 = new Sequential([conv(inChannels, ch3x3red, 1), conv(ch3x3red, ch3x3, 3)]);
    this.branch3 = new Sequential([conv(inChannels, ch5x5red, 1), conv(ch5x5red, ch5x5, KERNEL[form])]);
    const pool = new MaxPool2d({ kernel: 3, stride: 1, padding: 1, ceilMode: true });
    this.branch4 = new Sequential([pool, conv(inChannels, poolProj, 1)]);
  }

  forward(x: Tensor): Tensor {
    const { branch1, branch2, branch3, branch4 } = this;
    const paths = [[branch1], branch2.layers, branch3.layers, branch4.layers];
    return fork(...paths.map((layers) => activated(...layers)))(x);
  }
}
