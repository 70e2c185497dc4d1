/**
 * Uniform numbers in [0, 1) from a seed: mulberry32. Not for statistics; the same everywhere.
 * @param {number} seed
 */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `count` values, uniform around `mean` with standard deviation `std`.
 * @param {() => number} next
 */
export function values(next, count, mean = 0, std = 1) {
  const width = std * Math.sqrt(12);
  return Float32Array.from({ length: count }, () => mean + (next() - 0.5) * width);
}
