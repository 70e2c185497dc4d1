import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { REDUCTIONS, reducedShape, smallInts, terms } from "../testing/reductions";
import { blank, blankInts, floats, type HostTensor, randomFloats, worstError } from "../testing/run-plan";
import { SUM_BLOCK, sum } from "./sum";

const run = onBothThreadCounts();

const sumOf = (x: HostTensor, axes: readonly number[], blankOutput = blank) =>
  run(sum, { inputs: [x], outputs: [blankOutput(reducedShape(x.shape, axes))], attrs: { axes, keepDims: false } })[0]!.data;

/** (b + log₂(k / b)) · 2⁻²⁴ · Σ|terms| for k terms in blocks of b, one rounding for the result. */
const bound = (list: readonly number[]) => {
  const roundings = Math.min(SUM_BLOCK, list.length) + Math.max(0, Math.log2(list.length / SUM_BLOCK)) + 1;
  return roundings * 2 ** -24 * list.reduce((total, x) => total + Math.abs(x), 0) + 1e-45;
};

describe("sum", () => {
  it.each(REDUCTIONS)("adds f32 %j over axes %j", (shape, axes) => {
    const x = randomFloats(shape, 1);
    const lists = terms(x, axes);
    const wanted = lists.map((list) => list.reduce((total, value) => total + value, 0));
    expect(worstError(sumOf(x, axes) as Float32Array, wanted, (_, i) => bound(lists[i]!))).toBeLessThanOrEqual(1);
  });

  it.each(REDUCTIONS)("adds i32 %j over axes %j", (shape, axes) => {
    const x = smallInts(shape);
    expect(sumOf(x, axes, blankInts)).toEqual(
      Int32Array.from(terms(x, axes), (list) => list.reduce((total, value) => total + value, 0)),
    );
  });

  it("is 0 over an empty axis and nothing for an empty result", () => {
    expect(sumOf(floats([3, 0], []), [1])).toEqual(new Float32Array(3));
    expect(sumOf(floats([3, 0], []), [0])).toEqual(new Float32Array(0));
  });

  it.each([
    [[1, Number.NaN, 2], Number.NaN],
    [[1, Number.POSITIVE_INFINITY, 2], Number.POSITIVE_INFINITY],
    [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 2], Number.NaN],
  ])("lets %j flow through as %d", (values, wanted) => {
    const row = new Float32Array(100).fill(1);
    row.set(values, 40);
    expect(sumOf({ shape: [100], data: row }, [0])[0]).toBe(wanted);
    expect(sumOf({ shape: [100, 1], data: row }, [0])[0]).toBe(wanted);
  });

  it("wraps i32", () => {
    expect(sumOf({ shape: [2], data: Int32Array.of(2 ** 31 - 1, 1) }, [0], blankInts)).toEqual(Int32Array.of(-(2 ** 31)));
  });

  // Like terms drift the same way all through a leaf, which is at most SUM_BLOCK roundings; a plain loop is off by 1e-3.
  it("keeps the error of a million like terms to that of a leaf", () => {
    const x = { shape: [1 << 20], data: new Float32Array(1 << 20).fill(0.1) };
    const wanted = Math.fround(0.1) * 2 ** 20;
    expect(Math.abs((sumOf(x, [0])[0] as number) - wanted) / wanted).toBeLessThan(SUM_BLOCK * 2 ** -25);
  });
});
