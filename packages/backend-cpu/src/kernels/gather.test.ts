import { ShapeError } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { build, countOf, elementAt, flatten, indicesOf } from "../testing/indexing";
import { blank, type HostTensor, randomFloats } from "../testing/run-plan";
import { gather } from "./gather";
import { scatterAdd } from "./scatterAdd";

const run = onBothThreadCounts();

type Shape = readonly number[];
const CASES: readonly (readonly [x: Shape, indices: Shape, axis: number])[] = [
  [[5], [3], 0],
  [[5], [8], 0],
  [[3, 4], [3, 2], 1],
  [[3, 4], [2, 6], 1],
  [[3, 4], [5, 3], 0],
  [[3, 4, 5], [3, 7, 5], 1],
  [[3, 4, 5], [2, 3, 4], 1],
  [[2, 3, 4, 5], [2, 2, 3, 9], 3],
  [[2, 3, 4, 5], [1, 3, 2, 5], 2],
  [[64, 10], [64, 1], 1],
  [[10, 3000], [12, 3000], 0],
  [[300, 200], [300, 150], 1],
  [[4, 3], [0, 3], 0],
];

function randomIndices(shape: Shape, size: number): HostTensor {
  const { data } = randomFloats(shape, 3, [0, size]);
  return { shape, data: Int32Array.from(data, Math.floor) };
}

const replaceAxis = (index: Shape, axis: number, value: number) => index.map((i, k) => (k === axis ? value : i));

describe("gather", () => {
  for (const { name, tensor } of KINDS) {
    it.each(CASES)(`reads ${name} %j at indices %j along axis %i`, (shape, to, axis) => {
      const x = tensor(shape);
      const indices = randomIndices(to, shape[axis]!);
      const [y] = run(gather, { inputs: [x, indices], outputs: [tensor(to, 255)], attrs: { axis } });
      const wanted = build(to, x, (index) => elementAt(x, replaceAxis(index, axis, elementAt(indices, index))));
      expect(y!.data).toEqual(wanted.data);
    });
  }

  it.each([-1, 4, 2 ** 31 - 1, -(2 ** 31)])("reports index %i of an axis of 4, and the next call is clean", (wrong) => {
    const call = (index: number) => {
      const indices = { shape: [3], data: Int32Array.of(0, index, 3) };
      return run(gather, { inputs: [randomFloats([4], 1), indices], outputs: [blank([3])], attrs: { axis: 0 } });
    };
    expect(() => call(wrong)).toThrow(ShapeError);
    expect(() => call(2)).not.toThrow();
  });
});

describe("scatterAdd", () => {
  it.each(CASES)("adds into %j from indices %j along axis %i", (shape, from, axis) => {
    const values = randomFloats(from, 5);
    const indices = randomIndices(from, shape[axis]!);
    const [y] = run(scatterAdd, { inputs: [values, indices], outputs: [blank(shape)], attrs: { axis, shape } });
    // In order, in f32: bit-identical.
    const wanted = new Float32Array(countOf(shape));
    for (const index of indicesOf(from))
      wanted[flatten(replaceAxis(index, axis, elementAt(indices, index)), shape)]! += elementAt(values, index);
    expect(y!.data).toEqual(wanted);
  });

  it("reports an index out of range", () => {
    const indices = { shape: [2], data: Int32Array.of(0, 5) };
    const call = () =>
      run(scatterAdd, { inputs: [randomFloats([2], 1), indices], outputs: [blank([5])], attrs: { axis: 0, shape: [5] } });
    expect(call).toThrow(ShapeError);
  });
});
