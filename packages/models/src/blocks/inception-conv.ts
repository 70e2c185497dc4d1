import { avgPool2d, type Conv2dLayerOptions, maxPool2d, type Pair, type Tensor, truncatedNormalInit } from "@vertebra/core";
import { BasicConv2d } from "./basic-conv2d";

export type InceptionConvOptions = Pick<Conv2dLayerOptions, "stride" | "padding" | "weightInit">;

/** No padding: the convolutions that the Inception papers mark with V. */
export const VALID: InceptionConvOptions = { padding: 0 };

/** Every second place, without padding: how the Inceptions halve a map (35 → 17 → 8). */
export const HALVING: InceptionConvOptions = { stride: 2, padding: 0 };

/** Convolution, norm and ReLU, padded by half the kernel unless options say otherwise; x [N, inChannels, H, W] → [N, outChannels, Ho, Wo]. */
export function inceptionConv(
  inChannels: number,
  outChannels: number,
  kernel: Pair,
  options: InceptionConvOptions = {},
): BasicConv2d {
  const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
  return new BasicConv2d({ inChannels, outChannels, kernel, padding: [height >> 1, width >> 1], ...options });
}

/** As torchvision initialises its Inception v3; cut at ±2, which are 20 standard deviations. */
export const V3_INIT = truncatedNormalInit(0.1);

/** As `inceptionConv`, initialised for Inception v3. */
export const v3Conv = (inChannels: number, outChannels: number, kernel: Pair, options: InceptionConvOptions = {}): BasicConv2d =>
  inceptionConv(inChannels, outChannels, kernel, { ...options, weightInit: V3_INIT });

/** Mean of 3×3 places, those in the padding counting as 0; keeps the size. */
export const averageOf3x3 = (x: Tensor): Tensor => avgPool2d(x, { kernel: 3, stride: 1, padding: 1 });

/** Largest of 3×3 places, halving the map. */
export const maxOf3x3 = (x: Tensor): Tensor => maxPool2d(x, { kernel: 3, stride: 2 });
