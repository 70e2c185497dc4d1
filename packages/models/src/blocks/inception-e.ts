// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016, figure 7.
import { Module, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { fork } from "./fork";
import { averageOf3x3, v3Conv } from "./inception-conv";

export interface InceptionEOptions {
  readonly inChannels: number;
}

/** Two of the branches end in a 1×3 beside a 3×1; x [N, inChannels, H, W] → [N, 2048, H, W]. */
export class InceptionE extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2a: BasicConv2d;
  readonly branch3x3_2b: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3a: BasicConv2d;
  readonly branch3x3dbl_3b: BasicConv2d;
  readonly branch_pool: BasicConv2d;

  constructor({ inChannels }: InceptionEOptions) {
    super();
    this.branch1x1 = v3Conv(inChannels, 320, 1);
    this.branch3x3_1 = v3Conv(inChannels, 384, 1);
    this.branch3x3_2a = v3Conv(384, 384, [1, 3]);
    this.branch3x3_2b = v3Conv(384, 384, [3, 1]);
    this.branch3x3dbl_1 = v3Conv(inChannels, 448, 1);
    this.branch3x3dbl_2 = v3Conv(448, 384, 3);
    this.branch3x3dbl_3a = v3Conv(384, 384, [1, 3]);
    this.branch3x3dbl_3b = v3Conv(384, 384, [3, 1]);
    this.branch_pool = v3Conv(inChannels, 192, 1);
  }

  forward(x: Tensor): Tensor {
    return fork(
      [this.branch1x1],
      [this.branch3x3_1, fork([this.branch3x3_2a], [this.branch3x3_2b])],
      [this.branch3x3dbl_1, this.branch3x3dbl_2, fork([this.branch3x3dbl_3a], [this.branch3x3dbl_3b])],
      [averageOf3x3, this.branch_pool],
    )(x);
  }
}
