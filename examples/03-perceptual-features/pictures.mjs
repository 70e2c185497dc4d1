/**
 * @typedef {{ readonly side: number, readonly values: Float32Array }} Picture `values` [3, side, side], 0 to 1
 */

/**
 * A still life by formula: a sky, striped ground, a ball with its light and a checked box.
 * @param {number} side
 * @returns {Picture}
 */
export const drawPicture = (side) =>
  makePicture(side, (u, v) => {
    const fromBall = Math.hypot(u - 0.34, v - 0.52) / 0.24;
    if (fromBall < 1) return shaded([0.86, 0.24, 0.18], 1.25 - Math.hypot(u - 0.27, v - 0.44) * 3.2);
    if (u > 0.58 && u < 0.9 && v > 0.4 && v < 0.78) {
      return (Math.floor(u * 12.5) + Math.floor(v * 12.5)) % 2 === 0 ? [0.95, 0.88, 0.55] : [0.16, 0.3, 0.5];
    }
    if (v > 0.66) return shaded([0.33, 0.5, 0.24], 0.85 + 0.25 * Math.sin(70 * (u + 0.6 * v)));
    return [0.5 + 0.3 * v, 0.68 + 0.2 * v, 0.92];
  });

/**
 * Moved to the right by `pixels`; the left edge is repeated.
 * @param {Picture} picture
 * @param {number} pixels
 */
export const shifted = (picture, pixels) => remade(picture, (channel, row, column) => at(picture, channel, row, column - pixels));

/**
 * Gaussian blur.
 * @param {Picture} picture
 * @param {number} sigma in pixels
 */
export function blurred(picture, sigma) {
  const reach = Math.ceil(3 * sigma);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const along = (/** @type {(offset: number) => number} */ value) =>
    weights.reduce((sum, weight, i) => sum + weight * value(i - reach), 0) / total;
  const across = remade(picture, (channel, row, column) => along((offset) => at(picture, channel, row, column + offset)));
  return remade(across, (channel, row, column) => along((offset) => at(across, channel, row + offset, column)));
}

/**
 * With normal noise of its own on every value.
 * @param {Picture} picture
 * @param {number} deviation
 * @param {import("@vertebra/core").Philox} random
 */
export const noisy = (picture, deviation, random) =>
  remade(picture, (channel, row, column) => at(picture, channel, row, column) + deviation * random.normal());

/**
 * Brighter by `amount` everywhere.
 * @param {Picture} picture
 * @param {number} amount
 */
export const brighter = (picture, amount) =>
  remade(picture, (channel, row, column) => at(picture, channel, row, column) + amount);

/**
 * Mean of the squared differences of all values.
 * @param {Picture} a
 * @param {Picture} b
 */
export const meanSquare = (a, b) =>
  a.values.reduce((sum, value, i) => sum + (value - (b.values[i] ?? 0)) ** 2, 0) / a.values.length;

/**
 * @param {number} side
 * @param {(u: number, v: number) => readonly number[]} colorAt red, green, blue at a place, u to the right and v down, 0 to 1
 * @returns {Picture}
 */
function makePicture(side, colorAt) {
  const values = new Float32Array(3 * side * side);
  for (let i = 0; i < side * side; i++) {
    const color = colorAt(((i % side) + 0.5) / side, (Math.floor(i / side) + 0.5) / side);
    for (const [channel, value] of color.entries()) values[channel * side * side + i] = Math.min(1, Math.max(0, value));
  }
  return { side, values };
}

/**
 * @param {Picture} picture
 * @param {(channel: number, row: number, column: number) => number} valueAt
 * @returns {Picture}
 */
function remade({ side, values }, valueAt) {
  const plane = side * side;
  const made = values.map((_, i) => valueAt(Math.floor(i / plane), Math.floor((i % plane) / side), i % side));
  return { side, values: made };
}

/**
 * A value, or the nearest one where the place is outside.
 * @param {Picture} picture
 * @param {number} channel
 * @param {number} row
 * @param {number} column
 */
function at({ side, values }, channel, row, column) {
  const inside = (/** @type {number} */ index) => Math.min(side - 1, Math.max(0, index));
  return values[(channel * side + inside(row)) * side + inside(column)] ?? 0;
}

const shaded = (/** @type {readonly number[]} */ color, /** @type {number} */ light) => color.map((value) => value * light);
