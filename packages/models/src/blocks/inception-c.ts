// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016, figure 6.
import { Module, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { fork } from "./fork";
import { averageOf3x3, v3Conv } from "./inception-conv";

export interface InceptionCOptions {
  readonly inChannels: number;
  /** Channels between the 1×7 and 7×1 convolutions. */
  readonly channels7x7: number;
}

/** 7×7 convolutions as 1×7 and 7×1; x [N, inChannels, H, W] → [N, 768, H, W]. */
export class InceptionC extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch7x7_1: BasicConv2d;
  readonly branch7x7_2: BasicConv2d;
  readonly branch7x7_3: BasicConv2d;
  readonly branch7x7dbl_1: BasicConv2d;
  readonly branch7x7dbl_2: BasicConv2d;
  readonly branch7x7dbl_3: BasicConv2d;
  readonly branch7x7dbl_4: BasicConv2d;
  readonly branch7x7dbl_5: BasicConv2d;
  readonly branch_pool: BasicConv2d;

  constructor({ inChannels, channels7x7 }: InceptionCOptions) {
    super();
    this.branch1x1 = v3Conv(inChannels, 192, 1);
    this.branch7x7_1 = v3Conv(inChannels, channels7x7, 1);
    this.branch7x7_2 = v3Conv(channels7x7, channels7x7, [1, 7]);
    this.branch7x7_3 = v3Conv(channels7x7, 192, [7, 1]);
    this.branch7x7dbl_1 = v3Conv(inChannels, channels7x7, 1);
    this.branch7x7dbl_2 = v3Conv(channels7x7, channels7x7, [7, 1]);
    this.branch7x7dbl_3 = v3Conv(channels7x7, channels7x7, [1, 7]);
    this.branch7x7dbl_4 = v3Conv(channels7x7, channels7x7, [7, 1]);
    this.branch7x7dbl_5 = v3Conv(channels7x7, 192, [1, 7]);
    this.branch_pool = v3Conv(inChannels, 192, 1);
  }

  forward(x: Tensor): Tensor {
    return fork(
      [this.branch1x1],
      [this.branch7x7_1, this.branch7x7_2, this.branch7x7_3],
      [this.branch7x7dbl_1, this.branch7x7dbl_2, this.branch7x7dbl_3, this.branch7x7dbl_4, this.branch7x7dbl_5],
      [averageOf3x3, this.branch_pool],
    )(x);
  }
}
