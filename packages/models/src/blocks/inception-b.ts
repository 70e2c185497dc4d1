// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016, figure 10.
import { Module, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { fork } from "./fork";
import { HALVING, maxOf3x3, v3Conv } from "./inception-conv";

export interface InceptionBOptions {
  readonly inChannels: number;
}

/** Halves the map from 35×35 to 17×17; x [N, inChannels, H, W] → [N, inChannels + 480, (H − 1) / 2, (W − 1) / 2], rounded down. */
export class InceptionB extends Module {
  readonly branch3x3: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;

  constructor({ inChannels }: InceptionBOptions) {
    super();
    this.branch3x3 = v3Conv(inChannels, 384, 3, HALVING);
    this.branch3x3dbl_1 = v3Conv(inChannels, 64, 1);
    this.branch3x3dbl_2 = v3Conv(64, 96, 3);
    this.branch3x3dbl_3 = v3Conv(96, 96, 3, HALVING);
  }

  forward(x: Tensor): Tensor {
    return fork([this.branch3x3], [this.branch3x3dbl_1, this.branch3x3dbl_2, this.branch3x3dbl_3], [maxOf3x3])(x);
  }
}
