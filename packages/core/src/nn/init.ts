import type { HostArray } from "../dtype";
import type { Philox } from "../random";
import { countElements, type Shape } from "../shape";

/** Values for a new parameter of `shape`, from a random stream of its own. Made on the host, so equal on every device. */
export type Initializer = (shape: Shape, random: Philox) => HostArray;

/** Which side of a layer keeps its variance: its inputs (forward) or its outputs (backward). */
export type FanMode = "fanIn" | "fanOut";

/** [out, in, ...kernel]: fan in = in · kernel, fan out = out · kernel. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const kernel = countElements(shape.slice(2));
  return { fanIn: (shape[1] ?? 1) * kernel, fanOut: (shape[0] ?? 1) * kernel };
}

export const constantInit =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(countElements(shape)).fill(value);

export const zerosInit = constantInit(0);
export const onesInit = constantInit(1);

/** Uniform in [−bound, bound). */
export const uniformInit =
  (bound: number): Initializer =>
  (shape, random) =>
    random.uniformArray(countElements(shape)).map((u) => (2 * u - 1) * bound);

export const normalInit =
  (std: number, mean = 0): Initializer =>
  (shape, random) =>
    random.normalArray(countElements(shape)).map((z) => mean + z * std);

/** Normal, drawn again outside [−2, 2] standard deviations (or the bounds given, in units of the values). */
export const truncatedNormalInit =
  (std: number, { mean = 0, min = -2, max = 2 } = {}): Initializer =>
  (shape, random) =>
    random.truncatedNormalArray(countElements(shape), (min - mean) / std, (max - mean) / std).map((z) => mean + z * std);

/** Kaiming for ReLU: normal with std = √2 / √fan. Source: He et al. 2015, eq. 10 and 14. */
export const kaimingNormal =
  (mode: FanMode = "fanIn", gain = Math.SQRT2): Initializer =>
  (shape, random) =>
    normalInit(gain / Math.sqrt(fans(shape)[mode]))(shape, random);

/** Uniform in ±gain · √(3 / fan). With gain 1/√3 and fan in: PyTorch's default for linear and convolution weights. */
export const kaimingUniform =
  (mode: FanMode = "fanIn", gain = Math.SQRT2): Initializer =>
  (shape, random) =>
    uniformInit(gain * Math.sqrt(3 / fans(shape)[mode]))(shape, random);

/** Normal with std = gain · √(2 / (fanIn + fanOut)). Source: Glorot & Bengio 2010. */
export const xavierNormal =
  (gain = 1): Initializer =>
  (shape, random) => {
    const { fanIn, fanOut } = fans(shape);
    return normalInit(gain * Math.sqrt(2 / (fanIn + fanOut)))(shape, random);
  };

/** Uniform in ±gain · √(6 / (fanIn + fanOut)). Source: Glorot & Bengio 2010, eq. 16. */
export const xavierUniform =
  (gain = 1): Initializer =>
  (shape, random) => {
    const { fanIn, fanOut } = fans(shape);
    return uniformInit(gain * Math.sqrt(6 / (fanIn + fanOut)))(shape, random);
  };
