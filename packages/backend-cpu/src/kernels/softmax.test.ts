import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bitsOf, blank, floats, type HostTensor, PlanRunner, randomFloats, worstError } from "../testing/run-plan";
import { logSoftmax } from "./logSoftmax";
import { softmax } from "./softmax";

const PLANS = { softmax, logSoftmax };
type Name = keyof typeof PLANS;

let one: PlanRunner;
let two: PlanRunner;
beforeAll(async () => {
  [one, two] = await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })]);
});
afterAll(() => {
  one.close();
  two.close();
});

const run = (runner: PlanRunner, name: Name, x: HostTensor, axis: number): Float32Array =>
  runner.run(PLANS[name], { inputs: [x], outputs: [blank(x.shape)], attrs: { axis } }).outputs[0]!.data as Float32Array;

/** The formula in f64, element by element. */
function reference(name: Name, { shape, data }: HostTensor, axis: number): Float64Array {
  const n = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const y = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const first = i - (Math.floor(i / inner) % n) * inner;
    const row = Array.from({ length: n }, (_, k) => data[first + k * inner]!);
    const max = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - max), 0);
    y[i] = name === "softmax" ? Math.exp(data[i]! - max) / sum : data[i]! - max - Math.log(sum);
  }
  return y;
}

/** exp is within 2 ULP, and so is the sum of positive terms in blocks; logSoftmax adds roundings of x − max. */
const expectClose = (ours: Float32Array, theirs: Float64Array) =>
  expect(worstError(ours, theirs, (wanted) => 2 ** -20 * Math.abs(wanted) + 2 ** -22)).toBeLessThanOrEqual(1);

const SHAPES: readonly [shape: number[], axis: number][] = [
  [[1], 0],
  [[1, 1], 1],
  [[3, 7], 1],
  [[3, 8], 1],
  [[5, 9], 0],
  [[64, 10], 1],
  [[2, 1000], 1],
  [[1, 1003], 1],
  [[2, 21, 5, 7], 1],
  [[2, 3, 65], 1],
  [[1, 300, 4], 1],
  [[3, 2, 63, 2], 2],
];

describe.each(["softmax", "logSoftmax"] as const)("%s", (name) => {
  test.each(SHAPES)("of %j along axis %i is that of f64", (shape, axis) => {
    const x = randomFloats(shape, 7, [-8, 8]);
    expectClose(run(one, name, x, axis), reference(name, x, axis));
  });

  test.each([
    [[600, 100], 1],
    [[4, 19, 33, 35], 1],
  ])("of %j along axis %i has the same bits on two threads", (shape, axis) => {
    const x = randomFloats(shape as number[], 3);
    expect(bitsOf([run(two, name, x, axis as number)])).toBe(bitsOf([run(one, name, x, axis as number)]));
  });

  test("writes nothing for an empty tensor", () => {
    expect(run(one, name, floats([0, 3], []), 1).length).toBe(0);
  });

  test.each([1, 3])("takes numbers far apart (inner %i)", (inner) => {
    const row = [1e30, -1e30, 88, 0, -300, 1e30, 3];
    const x = floats(
      [7, inner],
      row.flatMap((value) => new Array<number>(inner).fill(value)),
    );
    expectClose(run(one, name, x, 0), reference(name, x, 0));
  });

  test.each([1, 2, 5])("makes rows with NaN or ∞, or nothing but −∞, NaN, and no others (inner %i)", (inner) => {
    const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: negative } = Number;
    for (const row of [
      [1, nan, 2, 3, 4],
      [1, 2, 3, 4, inf],
      [negative, negative, negative, negative, negative],
    ]) {
      const x = floats(
        [5, inner],
        row.flatMap((value) => Array.from({ length: inner }, (_, j) => (j === 0 ? value : 1))),
      );
      const y = run(one, name, x, 0);
      for (let i = 0; i < y.length; i++) expect(Number.isNaN(y[i])).toBe(i % inner === 0);
    }
  });

  test("gives −∞ no probability", () => {
    const y = run(one, name, floats([3], [Number.NEGATIVE_INFINITY, 0, 0]), 0);
    expect(y[0]).toBe(name === "softmax" ? 0 : Number.NEGATIVE_INFINITY);
    expect(y[1]).toBeCloseTo(name === "softmax" ? 0.5 : -Math.LN2, 6);
  });
});
