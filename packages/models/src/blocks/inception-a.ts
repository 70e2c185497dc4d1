// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016, figure 5.
import { Module, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { fork } from "./fork";
import { averageOf3x3, v3Conv } from "./inception-conv";

export interface InceptionAOptions {
  readonly inChannels: number;
  /** Channels behind the average pool. */
  readonly poolFeatures: number;
}

/** 1×1, 5×5, two 3×3 and a pool side by side; x [N, inChannels, H, W] → [N, 224 + poolFeatures, H, W]. */
export class InceptionA extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch5x5_1: BasicConv2d;
  readonly branch5x5_2: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;
  readonly branch_pool: BasicConv2d;

  constructor({ inChannels, poolFeatures }: InceptionAOptions) {
    super();
    this.branch1x1 = v3Conv(inChannels, 64, 1);
    this.branch5x5_1 = v3Conv(inChannels, 48, 1);
    this.branch5x5_2 = v3Conv(48, 64, 5);
    this.branch3x3dbl_1 = v3Conv(inChannels, 64, 1);
    this.branch3x3dbl_2 = v3Conv(64, 96, 3);
    this.branch3x3dbl_3 = v3Conv(96, 96, 3);
    this.branch_pool = v3Conv(inChannels, poolFeatures, 1);
  }

  forward(x: Tensor): Tensor {
    return fork(
      [this.branch1x1],
      [this.branch5x5_1, this.branch5x5_2],
      [this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3],
      [averageOf3x3, this.branch_pool],
    )(x);
  }
}
