/** The multiple of `divisor` nearest to `channels`, but never less than 0.9 of it. Source: the authors' code of MobileNetV2. */
export function makeDivisible(channels: number, divisor: number): number {
  const rounded = Math.max(divisor, Math.floor((channels + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * channels ? rounded + divisor : rounded;
}
