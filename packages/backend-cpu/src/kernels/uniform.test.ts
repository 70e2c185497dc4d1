import { afterAll, beforeAll, expect, test } from "vitest";
import { philox4x32 } from "../../../core/src/philox";
import { bitsOf, blank, PlanRunner } from "../testing/run-plan";
import { uniform } from "./uniform";

let one: PlanRunner;
let two: PlanRunner;
beforeAll(async () => {
  [one, two] = await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })]);
});
afterAll(() => {
  one.close();
  two.close();
});

type State = readonly [seedLow: number, seedHigh: number, stream: number, counter: number];

function run(runner: PlanRunner, state: State, n: number) {
  const inputs = [{ shape: [4], data: Int32Array.from(state) }];
  const result = runner.run(uniform, { inputs, outputs: [blank([n])], attrs: { shape: [n], dtype: "f32" } });
  return { y: result.outputs[0]!.data as Float32Array, state: Array.from(result.inputs[0]!.data) };
}

const onHost = ([low, high, stream, counter]: State, n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => {
    const words = philox4x32([(counter + Math.floor(i / 4)) >>> 0, 0, stream >>> 0, 0], [low >>> 0, high >>> 0]);
    return (words[i % 4]! >>> 8) / 2 ** 24;
  });

test.each([1, 3, 4, 5, 15, 16, 17, 63, 1001])("%i numbers have the bits of the host's philox", (n) => {
  const state: State = [0x12345678, -2, 7, 1000];
  const { y, state: after } = run(one, state, n);
  expect(y).toEqual(onHost(state, n));
  expect(after).toEqual([0x12345678, -2, 7, 1000 + Math.ceil(n / 4)]);
});

test("the counter wraps at 2³²", () => {
  const state: State = [1, 2, -3, -2];
  const { y, state: after } = run(one, state, 20);
  expect(y).toEqual(onHost(state, 20));
  expect(after).toEqual([1, 2, -3, 3]);
});

test("two threads give the same bits", () => {
  const [ours, theirs] = [one, two].map((runner) => run(runner, [5, 6, 0, 9], 100_003).y);
  expect(bitsOf([theirs!])).toBe(bitsOf([ours!]));
});

test("no numbers leave the state alone", () => {
  expect(run(one, [5, 6, 0, 9], 0).state).toEqual([5, 6, 0, 9]);
});
