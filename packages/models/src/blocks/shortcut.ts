import { BatchNorm2d, Conv2d, convNormAct, kaimingNormal, Sequential, type Tensor } from "@vertebra/core";

/** He et al. 2015 by the outputs, as torchvision initialises every convolution of its ResNets. */
export const convInit = kaimingNormal("fanOut");

/** The projection on a shortcut (He et al. 2016, option B): 1×1 convolution and norm, children "0" and "1". */
export class Downsample extends Sequential {
  readonly #conv: Conv2d;
  readonly #norm: BatchNorm2d;

  constructor(inChannels: number, outChannels: number, stride: number) {
    const conv = new Conv2d(inChannels, outChannels, { kernel: 1, stride, bias: false, weightInit: convInit });
    const norm = new BatchNorm2d(outChannels);
    super([conv, norm]);
    this.#conv = conv;
    this.#norm = norm;
  }

  override get typeName(): string {
    return "Sequential";
  }

  override forward(x: Tensor): Tensor {
    return convNormAct(x, { conv: this.#conv, norm: this.#norm });
  }
}

/** A projection where the shortcut must change its size or channels, else null. `wanted` forces either. */
export function makeDownsample(inChannels: number, outChannels: number, stride: number, wanted?: boolean): Downsample | null {
  return (wanted ?? (stride !== 1 || inChannels !== outChannels)) ? new Downsample(inChannels, outChannels, stride) : null;
}
