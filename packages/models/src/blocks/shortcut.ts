import { BatchNorm2d, Conv2d, kaimingNormal, Sequential } from "@vertebra/core";

/** He et al. 2015 by the outputs, as torchvision initialises every convolution of its ResNets. */
export const convInit = kaimingNormal("fanOut");

/**
 * The projection where the shortcut must change its size or channels (He et al. 2016, option B): 1×1 convolution and norm,
 * children "0" and "1"; else null. `wanted` forces either.
 */
export function makeDownsample(inChannels: number, outChannels: number, stride: number, wanted?: boolean): Sequential | null {
  if (!(wanted ?? (stride !== 1 || inChannels !== outChannels))) return null;
  const conv = new Conv2d(inChannels, outChannels, { kernel: 1, stride, bias: false, weightInit: convInit });
  return new Sequential([conv, new BatchNorm2d(outChannels)]);
}
