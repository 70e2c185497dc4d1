import { afterAll, beforeAll, expect, test } from "vitest";
import { bitsOf, blank, floats, type HostTensor, PlanRunner, randomFloats, worstError } from "../testing/run-plan";
import { scaleShift } from "./scaleShift";

let one: PlanRunner;
let two: PlanRunner;
beforeAll(async () => {
  [one, two] = await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })]);
});
afterAll(() => {
  one.close();
  two.close();
});

function run(runner: PlanRunner, x: HostTensor): Float32Array {
  const inputs = [x, randomFloats([x.shape[1]!], 2), randomFloats([x.shape[1]!], 3)];
  return runner.run(scaleShift, { inputs, outputs: [blank(x.shape)], attrs: {} }).outputs[0]!.data as Float32Array;
}

const SHAPES = [
  [3, 5],
  [2, 1],
  [1, 33],
  [2, 3, 1, 1],
  [2, 5, 7, 7],
  [1, 2, 65],
  [3, 2, 2, 3, 3],
  [1, 2, 130, 131],
];

test.each(SHAPES)("of [%i, %i, …] is x · scale[c] + shift[c]", (...shape) => {
  const x = randomFloats(shape, 1);
  const [scale, shift] = [randomFloats([shape[1]!], 2), randomFloats([shape[1]!], 3)];
  const inner = shape.slice(2).reduce((a, b) => a * b, 1);
  const wanted = Array.from(x.data, (value, i) => {
    const c = Math.floor(i / inner) % shape[1]!;
    return value * scale.data[c]! + shift.data[c]!;
  });
  expect(worstError(run(one, x), wanted, () => 2 ** -23)).toBeLessThanOrEqual(1);
});

test.each([
  [2, 16, 45, 47],
  [300, 257],
  [1, 1, 300, 301],
])("of [%i, %i, …] has the same bits on two threads", (...shape) => {
  const x = randomFloats(shape, 1);
  expect(bitsOf([run(two, x)])).toBe(bitsOf([run(one, x)]));
});

test("an empty tensor has no work", () => {
  expect(run(one, floats([0, 3, 2], [])).length).toBe(0);
});
