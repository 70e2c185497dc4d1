import { ArgumentError, constantVector, isHalf, type Step, scaleShift } from "@vertebra/core";
import { IMAGENET_PREPROCESSING } from "../preprocessing";

const { mean, std } = IMAGENET_PREPROCESSING;
const SCALE = std.map((value) => value / 0.5);
const SHIFT = mean.map((value) => (value - 0.5) / 0.5);

/**
 * A step that takes images normalised by ImageNet's mean and standard deviation to a mean and standard deviation of 0.5, which
 * weights ported from TensorFlow expect: by channel, x · std / 0.5 + (mean − 0.5) / 0.5.
 * @throws ArgumentError unless images have three channels.
 */
export function transformInput(inChannels: number): Step {
  if (inChannels !== 3) {
    const fix = "Leave transformInput out";
    throw new ArgumentError("transformInput", { rule: "inChannels must be 3, ImageNet's", got: `${inChannels}`, fix });
  }
  return (x) => {
    const like = { device: x.device, dtype: isHalf(x.dtype) ? "f32" : x.dtype } as const;
    return scaleShift(x, constantVector(SCALE, like), constantVector(SHIFT, like));
  };
}
