// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016, as figure 10.
import { Module, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { fork } from "./fork";
import { HALVING, maxOf3x3, v3Conv } from "./inception-conv";

export interface InceptionDOptions {
  readonly inChannels: number;
}

/** Halves the map from 17×17 to 8×8; x [N, inChannels, H, W] → [N, inChannels + 512, (H − 1) / 2, (W − 1) / 2], rounded down. */
export class InceptionD extends Module {
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2: BasicConv2d;
  readonly branch7x7x3_1: BasicConv2d;
  readonly branch7x7x3_2: BasicConv2d;
  readonly branch7x7x3_3: BasicConv2d;
  readonly branch7x7x3_4: BasicConv2d;

  constructor({ inChannels }: InceptionDOptions) {
    super();
    this.branch3x3_1 = v3Conv(inChannels, 192, 1);
    this.branch3x3_2 = v3Conv(192, 320, 3, HALVING);
    this.branch7x7x3_1 = v3Conv(inChannels, 192, 1);
    this.branch7x7x3_2 = v3Conv(192, 192, [1, 7]);
    this.branch7x7x3_3 = v3Conv(192, 192, [7, 1]);
    this.branch7x7x3_4 = v3Conv(192, 192, 3, HALVING);
  }

  forward(x: Tensor): Tensor {
    return fork(
      [this.branch3x3_1, this.branch3x3_2],
      [this.branch7x7x3_1, this.branch7x7x3_2, this.branch7x7x3_3, this.branch7x7x3_4],
      [maxOf3x3],
    )(x);
  }
}
