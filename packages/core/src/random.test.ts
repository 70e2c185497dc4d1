import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "./errors";
import { normalCdf, normalQuantile } from "./normal-distribution";
import { type PhiloxCounter, philox4x32 } from "./philox";
import { Philox } from "./random";

describe("philox4x32", () => {
  // Random123 1.14, tests/kat_vectors, the rows "philox4x32 10".
  const KNOWN: [PhiloxCounter, [number, number], number[]][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ];

  test.each(KNOWN)("counter %j with key %j gives Random123's words", (counter, key, words) => {
    expect([...philox4x32(counter, key)]).toEqual(words);
  });
});

describe("Philox", () => {
  test("word i is lane i mod 4 of counter [i/4, 0, stream, 0] under the seed's two halves", () => {
    const random = new Philox(0x123456789abcdef0n, 5);
    const words = Array.from({ length: 12 }, () => random.uint32());
    const blocks = [0, 1, 2].flatMap((block) => [...philox4x32([block, 0, 5, 0], [0x9abcdef0, 0x12345678])]);
    expect(words).toEqual(blocks);
  });

  test("a set position gives the words from there on, beyond 32 bits too", () => {
    const random = new Philox(3, 1);
    const words = Array.from({ length: 9 }, () => random.uint32());
    random.position = 5;
    expect([random.uint32(), random.uint32(), random.position]).toEqual([words[5], words[6], 7]);
    random.position = 2 ** 36 + 6;
    expect(random.uint32()).toBe(philox4x32([1, 4, 1, 0], [3, 0])[2]);
  });

  test("number and bigint seeds of the same value agree; other seeds and streams differ", () => {
    const first = (seed: number | bigint, stream: number) => new Philox(seed, stream).uint32();
    expect(first(7, 0)).toBe(first(7n, 0));
    expect(new Set([first(7, 0), first(7, 1), first(8, 0), first(7n + (1n << 32n), 0)]).size).toBe(4);
  });

  test.each([
    [-1, 0],
    [0.5, 0],
    [2 ** 53, 0],
    [-1n, 0],
    [1n << 64n, 0],
    [0, -1],
    [0, 1.5],
    [0, 2 ** 32],
  ])("refuses seed %s with stream %s", (seed, stream) => {
    expect(() => new Philox(seed, stream)).toThrow(ArgumentError);
  });

  test("uniforms are multiples of 2^-24 in [0, 1), evenly spread", () => {
    const values = new Philox(1, 0).uniformArray(200_000);
    expect(values.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))).toBe(true);
    expect(distance([...values], (x) => x)).toBeLessThan(ksLimit(values.length));
  });

  test("integers below n are unbiased and in range", () => {
    const random = new Philox(2, 0);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]! += 1;
    // χ² with 6 degrees of freedom: 22.46 is passed with probability 0.001.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.46);
    expect(random.integer(1)).toBe(0);
    expect(random.integer(2 ** 32)).toBeLessThan(2 ** 32);
    for (const n of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => random.integer(n)).toThrow(ArgumentError);
  });

  test("integers below 3·2^30 leave out the words that would favour small values", () => {
    const random = new Philox(4, 0);
    const n = 3 * 2 ** 30;
    const lower = Array.from({ length: 30_000 }, () => random.integer(n)).filter((value) => value < n / 3).length;
    // With word % n the first third would come up half of the time. Standard deviation: 82.
    expect(Math.abs(lower - 10_000)).toBeLessThan(4 * 82);
  });

  test("a permutation holds each index once, every first element is as likely, and it repeats with the seed", () => {
    const order = new Philox(5, 2).permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(order).toEqual(new Philox(5, 2).permutation(1000));
    const random = new Philox(6, 0);
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = random.permutation(4).join("");
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    // χ² with 23 degrees of freedom: 49.7 is passed with probability 0.001.
    expect(orders.size).toBe(24);
    expect([...orders.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(49.7);
    expect([...random.permutation(0)]).toEqual([]);
  });
});

describe("normals", () => {
  interface Golden {
    readonly seed: string;
    readonly stream: number;
    readonly normals: readonly string[];
  }
  // Made by goldens/make_normals.py in CPython 3.11.
  const { rows } = JSON.parse(readFileSync(new URL("../goldens/normals.json", import.meta.url), "utf8")) as { rows: Golden[] };

  test.each(rows)("of seed $seed, stream $stream have the bits that Python gives", ({ seed, stream, normals }) => {
    const random = new Philox(BigInt(seed), stream);
    expect(normals.map(() => bitsOf(random.normal()))).toEqual(normals);
  });

  test("have mean 0, variance 1, skewness 0, kurtosis 3 and the normal distribution", () => {
    const n = 400_000;
    const values = [...new Philox(11, 0).normalArray(n)];
    const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / n;
    // Limits are 4 standard errors: √(1/n), √(2/n), √(15/n), √(96/n).
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(distance(values, normalCdf)).toBeLessThan(ksLimit(n));
  });

  test("neighbours are uncorrelated", () => {
    const values = new Philox(12, 0).normalArray(200_000);
    for (const lag of [1, 2, 3, 4]) {
      let sum = 0;
      for (let i = lag; i < values.length; i++) sum += values[i]! * values[i - lag]!;
      expect(Math.abs(sum / values.length)).toBeLessThan(4 / Math.sqrt(values.length));
    }
  });

  test("the quantile inverts the CDF and is odd, into the tails", () => {
    for (const p of [2 ** -33, 1e-7, 1e-3, 0.02, 0.0749, 0.0751, 0.3, 0.5]) {
      expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(4e-16);
    }
    for (const p of [2 ** -33, 2 ** -10, 3 / 8]) expect(normalQuantile(1 - p)).toBe(-normalQuantile(p));
  });

  test("the CDF has the values of Abramowitz and Stegun, table 26.1", () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1)).toBeCloseTo(0.841344746068543, 15);
    expect(normalCdf(2)).toBeCloseTo(0.977249868051821, 15);
    expect(normalCdf(-3)).toBeCloseTo(0.001349898031630095, 15);
    expect([normalCdf(Number.NEGATIVE_INFINITY), normalCdf(9)]).toEqual([0, 1]);
  });

  test.each([
    [-2, 2],
    [-1, Number.POSITIVE_INFINITY],
    [3, 4],
    [-0.5, 0.25],
  ])("truncated to [%d, %d] stay inside and have the conditional distribution", (a, b) => {
    const values = [...new Philox(13, 0).truncatedNormalArray(50_000, a, b)];
    expect(values.every((value) => value >= a && value <= b)).toBe(true);
    const [below, above] = [normalCdf(a), normalCdf(b)];
    expect(distance(values, (x) => (normalCdf(x) - below) / (above - below))).toBeLessThan(ksLimit(values.length));
  });

  test("truncated to ±∞ are the normals themselves", () => {
    const all = new Philox(14, 0).truncatedNormalArray(1000, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    expect(all).toEqual(new Philox(14, 0).normalArray(1000));
  });

  test.each([
    [1, 1],
    [2, -2],
    [40, 41],
    [Number.NaN, 1],
  ])("truncated to [%d, %d], which holds nothing, are refused", (a, b) => {
    expect(() => new Philox(0, 0).truncatedNormalArray(1, a, b)).toThrow(ArgumentError);
  });
});

/** Kolmogorov–Smirnov: the largest distance between the empirical distribution function and `cdf`. */
function distance(values: number[], cdf: (x: number) => number): number {
  const n = values.length;
  return values.sort((a, b) => a - b).reduce((max, x, i) => Math.max(max, (i + 1) / n - cdf(x), cdf(x) - i / n), 0);
}

/** Passed with probability 0.001 (asymptotic: √(ln(2/α)/2)/√n). */
const ksLimit = (n: number): number => 1.95 / Math.sqrt(n);

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}
