import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { REDUCTIONS, reducedShape, smallInts, terms } from "../testing/reductions";
import { blankInts, type HostTensor, randomFloats } from "../testing/run-plan";
import { argmax } from "./argmax";

const run = onBothThreadCounts();

const argmaxOf = (x: HostTensor, axis: number) =>
  run(argmax, { inputs: [x], outputs: [blankInts(reducedShape(x.shape, [axis]))], attrs: { axis, keepDims: false } })[0]!.data;

/** The first NaN, else the first of the largest. */
function reference(list: readonly number[]): number {
  const nan = list.findIndex((x) => x !== x);
  return nan >= 0 ? nan : list.indexOf(Math.max(...list));
}

const CASES = REDUCTIONS.filter(([shape]) => shape.length > 0 && shape.length < 5).flatMap(([shape]) =>
  shape.map((_, axis) => [shape, axis] as const),
);

describe("argmax", () => {
  it.each(CASES)("finds the first of the largest, f32 and i32 %j along axis %i", (shape, axis) => {
    const ints = smallInts(shape);
    const wanted = Int32Array.from(terms(ints, [axis]), reference);
    expect(argmaxOf(ints, axis)).toEqual(wanted);
    expect(argmaxOf({ shape, data: Float32Array.from(ints.data) }, axis)).toEqual(wanted);
    const x = randomFloats(shape, 8);
    expect(argmaxOf(x, axis)).toEqual(Int32Array.from(terms(x, [axis]), reference));
  });

  it.each([0, 1])("takes the first NaN along axis %i", (axis) => {
    const x = randomFloats([9, 9], 9);
    for (const i of [4, 20, 22, 40, 57, 58, 80]) x.data[i] = Number.NaN;
    expect(argmaxOf(x, axis)).toEqual(Int32Array.from(terms(x, [axis]), reference));
  });

  it("gives 0 if all are −∞", () => {
    expect(argmaxOf({ shape: [9], data: new Float32Array(9).fill(Number.NEGATIVE_INFINITY) }, 0)[0]).toBe(0);
  });
});
