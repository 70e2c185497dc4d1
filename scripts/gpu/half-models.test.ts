import { expect, it } from "vitest";
import { distancesOf, MOST_TIMES, type Parts } from "./half-models.mjs";

const EPS = 2 ** -7;
const parts = (...logits: number[]): Parts => new Map([["logits", [Float64Array.from(logits)]]]);
const fractionOf = (actual: Parts) =>
  distancesOf({ exact: parts(1, 2, 2), expected: parts(1, 2, 2.5), actual }, EPS).map(({ fraction }) => fraction);

it("allows what 16 bits themselves are away from f32, some times over", () => {
  expect(fractionOf(parts(1, 2, 2.5))).toEqual([0]);
  expect(fractionOf(parts(1, 2, 2.5 + 0.5 * MOST_TIMES))).toEqual([1]);
});

it("is above 1, or no number at all, for what is wrong", () => {
  expect(fractionOf(parts(-1, 2, -2))[0]).toBeGreaterThan(1);
  expect(fractionOf(parts(1, 2, Number.NaN))[0]).toBeNaN();
});

it("allows a rounding where 16 bits came to f32's number by luck", () => {
  const [one] = distancesOf({ exact: parts(4), expected: parts(4), actual: parts(4 + 4 * EPS) }, EPS);
  expect(one?.fraction).toBeCloseTo(1 / MOST_TIMES);
});
