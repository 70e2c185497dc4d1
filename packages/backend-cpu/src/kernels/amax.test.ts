import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { REDUCTIONS, reducedShape, smallInts, terms } from "../testing/reductions";
import { blank, blankInts, type HostTensor, randomFloats } from "../testing/run-plan";
import { amax } from "./amax";

const run = onBothThreadCounts();

const amaxOf = (x: HostTensor, axes: readonly number[], blankOutput = blank) =>
  run(amax, { inputs: [x], outputs: [blankOutput(reducedShape(x.shape, axes))], attrs: { axes, keepDims: false } })[0]!.data;

const largest = (list: readonly number[]) => list.reduce((best, x) => Math.max(best, x), Number.NEGATIVE_INFINITY);

describe("amax", () => {
  it.each(REDUCTIONS)("finds the largest of f32 %j over axes %j", (shape, axes) => {
    const x = randomFloats(shape, 2, [-3, -1]);
    expect(amaxOf(x, axes)).toEqual(Float32Array.from(terms(x, axes), largest));
  });

  it.each(REDUCTIONS)("finds the largest of i32 %j over axes %j", (shape, axes) => {
    const x = smallInts(shape);
    expect(amaxOf(x, axes, blankInts)).toEqual(Int32Array.from(terms(x, axes), largest));
  });

  it("is NaN wherever one stands, in rows and in columns", () => {
    for (const n of [1, 3, 8, 37, 70]) {
      for (let at = 0; at < n; at++) {
        const data = new Float32Array(n).fill(Number.POSITIVE_INFINITY);
        data[at] = Number.NaN;
        expect(amaxOf({ shape: [n], data }, [0])).toEqual(Float32Array.of(Number.NaN));
        const columns = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? 5 : data[i / 2]!));
        expect(amaxOf({ shape: [n, 2], data: columns }, [0])).toEqual(Float32Array.of(Number.NaN, 5));
      }
    }
  });

  it("is −∞ if all are", () => {
    expect(amaxOf({ shape: [9], data: new Float32Array(9).fill(Number.NEGATIVE_INFINITY) }, [0])[0]).toBe(
      Number.NEGATIVE_INFINITY,
    );
  });
});
