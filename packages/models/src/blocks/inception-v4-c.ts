// Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
// AAAI 2017, figure 6.
import { Module, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { makeBranch } from "./branches";
import { fork } from "./fork";
import { inceptionConv } from "./inception-conv";

/** Inception-C of Inception v4: two of the branches end in a 1×3 beside a 3×1; x [N, 1536, H, W] → the same. */
export class InceptionV4C extends Module {
  readonly branch0: BasicConv2d;
  readonly branch1_0: BasicConv2d;
  readonly branch1_1a: BasicConv2d;
  readonly branch1_1b: BasicConv2d;
  readonly branch2_0: BasicConv2d;
  readonly branch2_1: BasicConv2d;
  readonly branch2_2: BasicConv2d;
  readonly branch2_3a: BasicConv2d;
  readonly branch2_3b: BasicConv2d;
  readonly branch3: Module;

  constructor() {
    super();
    this.branch0 = inceptionConv(1536, 256, 1);
    this.branch1_0 = inceptionConv(1536, 384, 1);
    this.branch1_1a = inceptionConv(384, 256, [1, 3]);
    this.branch1_1b = inceptionConv(384, 256, [3, 1]);
    this.branch2_0 = inceptionConv(1536, 384, 1);
    this.branch2_1 = inceptionConv(384, 448, [3, 1]);
    this.branch2_2 = inceptionConv(448, 512, [1, 3]);
    this.branch2_3a = inceptionConv(512, 256, [1, 3]);
    this.branch2_3b = inceptionConv(512, 256, [3, 1]);
    this.branch3 = makeBranch(1536, ["average", [256, 1]]);
  }

  forward(x: Tensor): Tensor {
    return fork(
      [this.branch0],
      [this.branch1_0, fork([this.branch1_1a], [this.branch1_1b])],
      [this.branch2_0, this.branch2_1, this.branch2_2, fork([this.branch2_3a], [this.branch2_3b])],
      [this.branch3],
    )(x);
  }
}
