/**
 * @typedef {{ label: string, scale?: "linear" | "log", from?: number, to?: number, ticks?: readonly number[] }} Axis
 *   `from`, `to`: default the data's
 * @typedef {{ at: (value: number) => number, ticks: readonly number[] }} Scale
 */

/**
 * Values of the axis to pixels; what lies outside of the axis stands at its end.
 * @param {Axis} axis
 * @param {readonly number[]} values
 * @param {readonly [number, number]} pixels
 * @returns {Scale}
 */
export function makeScale({ scale = "linear", from, to, ticks }, values, [first, last]) {
  const ends = /** @type {const} */ ([from ?? Math.min(...values), to ?? Math.max(...values)]);
  const [map, own] = scale === "log" ? [Math.log10, roundPowers(...ends)] : [Number, roundNumbers(...ends)];
  const [low, high] = [map(ends[0]), map(ends[1])];
  const share = (/** @type {number} */ value) => Math.min(1, Math.max(0, (map(value) - low) / (high - low || 1)));
  return { at: (value) => first + share(value) * (last - first), ticks: ticks ?? own };
}

/**
 * Multiples of 1, 2 or 5 · 10ᵏ, about five of them.
 * @param {number} from
 * @param {number} to
 */
function roundNumbers(from, to) {
  const rough = (to - from || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * Powers of ten, thinned out to seven at most; 2 and 5 times them too where there are few.
 * @param {number} from
 * @param {number} to
 */
function roundPowers(from, to) {
  const [first, last] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  const decades = last - first + 1;
  const factors = decades > 4 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: decades }, (_, i) => first + i).filter((power) => power % Math.ceil(decades / 7) === 0);
  const all = powers.flatMap((power) => factors.map((factor) => factor * 10 ** power));
  return all.filter((value) => value >= from * (1 - 1e-9) && value <= to * (1 + 1e-9));
}
