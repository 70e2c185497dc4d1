import { ArgumentError } from "./errors";
import { normalCdf, normalQuantile } from "./normal-distribution";
import { philox4x32 } from "./philox";

/**
 * A stream of random numbers that is the same bits on every machine, and of which any part can be made alone.
 * Word i of stream s with seed k is lane i mod 4 of philox4x32(counter = [⌊i/4⌋ low, ⌊i/4⌋ high, s, 0], key = [k low, k high]).
 * `uint32`, `uniform`, `normal` and each array element take one word, the next one; `integer` and `permutation` may take more.
 */
export class Philox {
  readonly #key: readonly [number, number];
  readonly #block = new Uint32Array(4);
  #blockIndex = -1;
  #position = 0;

  /**
   * @param seed 0 ≤ seed < 2⁶⁴.
   * @param stream 0 ≤ stream < 2³²: streams of one seed are independent. Those from 2³¹ on belong to the data loader's shuffles.
   * @throws ArgumentError if either is out of range.
   */
  constructor(
    readonly seed: bigint | number,
    readonly stream = 0,
  ) {
    const isSeed = typeof seed === "bigint" ? seed >= 0n && seed < 1n << 64n : Number.isSafeInteger(seed) && seed >= 0;
    if (!isSeed) throw new ArgumentError("Philox", { rule: "seed must be an integer from 0 to 2^64 − 1", got: String(seed) });
    if (stream >>> 0 !== stream) {
      throw new ArgumentError("Philox", { rule: "stream must be an integer from 0 to 2^32 − 1", got: String(stream) });
    }
    const bits = BigInt(seed);
    this.#key = [Number(bits & 0xffffffffn), Number(bits >> 32n)];
  }

  /** Index of the next word. Set it to leave out words, or to go on where another run stopped. */
  get position(): number {
    return this.#position;
  }

  set position(word: number) {
    if (!Number.isSafeInteger(word) || word < 0) {
      throw new ArgumentError("Philox", { rule: "position must be an integer ≥ 0", got: String(word) });
    }
    this.#position = word;
  }

  /** The next word, 0 to 2³² − 1. */
  uint32(): number {
    const index = Math.floor(this.#position / 4);
    if (index !== this.#blockIndex) {
      philox4x32([index >>> 0, Math.floor(index / 2 ** 32), this.stream, 0], this.#key, this.#block);
      this.#blockIndex = index;
    }
    return this.#block[this.#position++ % 4] as number;
  }

  /** Uniform in [0, 1): the word's upper 24 bits · 2⁻²⁴, so that f32 holds it exactly. */
  uniform(): number {
    return (this.uint32() >>> 8) * 2 ** -24;
  }

  /** Standard normal: Φ⁻¹((word + ½)·2⁻³²), so |y| < 6.34. */
  normal(): number {
    return normalQuantile(this.#probability());
  }

  /**
   * Uniform integer in [0, n), without bias: words past the last multiple of n are left out.
   * @throws ArgumentError unless 1 ≤ n ≤ 2³².
   */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1 || n > 2 ** 32) {
      throw new ArgumentError("Philox.integer", { rule: "n must be an integer from 1 to 2^32", got: String(n) });
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const word = this.uint32();
      if (word < limit) return word % n;
    }
  }

  /** n values of `uniform`. */
  uniformArray(n: number): Float32Array {
    return fill(n, () => this.uniform());
  }

  /** n values of `normal`, rounded to f32. */
  normalArray(n: number): Float32Array {
    return fill(n, () => this.normal());
  }

  /**
   * n standard normals conditioned on a ≤ y ≤ b, by inversion: Φ⁻¹(Φ(a) + u·(Φ(b) − Φ(a))), rounded to f32.
   * @param a, b in standard deviations; may be infinite.
   * @throws ArgumentError unless a < b and the interval holds at least 1e-12 of the probability.
   */
  truncatedNormalArray(n: number, a: number, b: number): Float32Array {
    if (!(a < b)) throw emptyInterval(a, b);
    // The upper tail has few bits left below 1: make the mirrored interval in the lower one.
    const sign = a > 0 ? -1 : 1;
    const [low, high] = a > 0 ? [-b, -a] : [a, b];
    const below = normalCdf(low);
    const mass = normalCdf(high) - below;
    if (mass < 1e-12) throw emptyInterval(a, b);
    return fill(n, () => sign * Math.min(high, Math.max(low, normalQuantile(below + mass * this.#probability()))));
  }

  /** 0 … n − 1 in random order (Fisher–Yates from the end; Knuth, TAOCP 2, algorithm 3.4.2P). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const value = order[i] as number;
      order[i] = order[j] as number;
      order[j] = value;
    }
    return order;
  }

  /** A multiple of 2⁻³³ strictly between 0 and 1. */
  #probability(): number {
    return (this.uint32() + 0.5) * 2 ** -32;
  }
}

function emptyInterval(a: number, b: number): ArgumentError {
  const rule = "a < b must enclose at least 1e-12 of the normal distribution";
  return new ArgumentError("Philox.truncatedNormalArray", { rule, got: `[${a}, ${b}]` });
}

// Float32Array.from would be three times slower.
function fill(n: number, draw: () => number): Float32Array {
  const values = new Float32Array(n);
  for (let i = 0; i < n; i++) values[i] = draw();
  return values;
}
