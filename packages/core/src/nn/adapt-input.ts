import { decode, encode, isComputeFloat } from "../dtype";
import { isSameShape, type Shape } from "../shape";
import type { StateValue } from "./state-dict";

/**
 * The weight of a first convolution for images of another number of channels, so that its outputs keep their size: for one
 * channel the sum over all; else the channels over and over, times old / new. Undefined unless only the channels differ.
 * weight [O, I, h, w], shape [O, n, h, w] → [O, n, h, w]. Source: timm, `adapt_input_conv`, whose I is 3.
 */
export function adaptInputChannels(weight: StateValue, shape: Shape): StateValue | undefined {
  const [outputs = 0, n = 0, height = 0, width = 0] = shape;
  const channels = weight.shape[1] ?? 0;
  if (weight.shape.length !== 4 || n === 0 || channels === 0 || weight.dtype === "bool") return undefined;
  if (!isSameShape(weight.shape, [outputs, channels, height, width])) return undefined;
  const values = decode(weight.bytes, weight.dtype);
  const plane = height * width;
  const at = (o: number, c: number, i: number) => values[(o * channels + c) * plane + i] as number;
  const sum = (o: number, i: number) => Array.from({ length: channels }, (_, c) => at(o, c, i)).reduce((a, b) => a + b, 0);
  const adapted = Float64Array.from({ length: outputs * n * plane }, (_, index) => {
    const [o, c, i] = [Math.floor(index / (n * plane)), Math.floor(index / plane) % n, index % plane];
    return n === 1 ? sum(o, i) : (at(o, c % channels, i) * channels) / n;
  });
  const dtype = isComputeFloat(weight.dtype) ? weight.dtype : "f32";
  return { dtype, shape, bytes: encode(adapted, dtype) };
}
