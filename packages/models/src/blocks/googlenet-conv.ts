import { Conv2d, kaimingNormal, type Module, ReLU, type Step, truncatedNormalInit, zerosInit } from "@vertebra/core";
import { BasicConv2d, type BasicConv2dOptions } from "./basic-conv2d";

/**
 * Which GoogLeNet: torchvision's ported one (batch norm, 3×3 where the paper has 5×5) or the paper's (biases, no batch norm,
 * 5×5).
 */
export type GoogLeNetForm = "torchvision" | "2014";

/** torchvision's, cut at ±2, which are 200 standard deviations; for convolutions and linear layers. */
export const GOOGLENET_INIT = truncatedNormalInit(0.01);

/** For the paper, which doesn't say: He et al. 2015, as without norms a smaller start dies out over 22 layers. */
const PLAIN_INIT = { weightInit: kaimingNormal("fanIn"), biasInit: zerosInit };

/** A form's convolution; to be run by `activated`. */
export const googLeNetConv = (form: GoogLeNetForm, options: BasicConv2dOptions): BasicConv2d | Conv2d =>
  form === "torchvision"
    ? new BasicConv2d({ ...options, weightInit: GOOGLENET_INIT })
    : new Conv2d(options.inChannels, options.outChannels, { ...options, ...PLAIN_INIT });

/** The layers as steps, leaving out null; plain convolutions get the ReLU that BasicConv2d has inside. */
export const activated = (...layers: readonly (Module | null)[]): Step[] =>
  layers.flatMap((layer) => {
    if (!layer) return [];
    return layer instanceof Conv2d ? [layer, RELU] : [layer];
  });

const RELU = new ReLU();
