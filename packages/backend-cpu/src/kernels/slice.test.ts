import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { build, elementAt, flatten } from "../testing/indexing";
import { slice } from "./slice";
import { sliceGrad } from "./sliceGrad";

const run = onBothThreadCounts();

type Numbers = readonly number[];
const CASES: readonly (readonly [shape: Numbers, starts: Numbers, sizes: Numbers, steps: Numbers])[] = [
  [[], [], [], []],
  [[9], [2], [5], [1]],
  [[9], [1], [4], [2]],
  [[9], [0], [3], [4]],
  [
    [5, 7],
    [1, 0],
    [3, 7],
    [1, 1],
  ],
  [
    [5, 7],
    [0, 2],
    [5, 3],
    [1, 2],
  ],
  [
    [4, 6, 8],
    [1, 2, 3],
    [2, 2, 2],
    [2, 3, 4],
  ],
  [
    [2, 3, 9, 9],
    [0, 0, 1, 0],
    [2, 3, 4, 5],
    [1, 1, 2, 2],
  ],
  [
    [2, 2, 2, 2, 2, 2],
    [1, 0, 1, 0, 1, 0],
    [1, 2, 1, 2, 1, 2],
    [1, 1, 1, 1, 1, 1],
  ],
  [
    [3, 200, 130],
    [0, 1, 1],
    [3, 198, 128],
    [1, 1, 1],
  ],
  [[70001], [1], [35000], [2]],
  [
    [4, 5],
    [2, 1],
    [0, 3],
    [1, 1],
  ],
];

describe.each(KINDS)("slice of $name", ({ tensor }) => {
  it.each(CASES)("takes from %j, starts %j, sizes %j, steps %j", (shape, starts, sizes, steps) => {
    const x = tensor(shape);
    const [y] = run(slice, { inputs: [x], outputs: [tensor(sizes, 255)], attrs: { starts, sizes, steps } });
    const wanted = build(sizes, x, (index) =>
      elementAt(
        x,
        index.map((i, axis) => starts[axis]! + i * steps[axis]!),
      ),
    );
    expect(y!.data).toEqual(wanted.data);
  });

  it.each(CASES)("puts back into %j, starts %j, sizes %j, steps %j", (shape, starts, sizes, steps) => {
    const dy = tensor(sizes);
    const [dx] = run(sliceGrad, { inputs: [dy], outputs: [tensor(shape, 255)], attrs: { starts, steps, shape } });
    const wanted = build(shape, dy, () => 0).data.slice();
    build(sizes, dy, (index) => {
      const value = elementAt(dy, index);
      wanted[
        flatten(
          index.map((i, axis) => starts[axis]! + i * steps[axis]!),
          shape,
        )
      ] = value;
      return value;
    });
    expect(dx!.data).toEqual(wanted);
  });
});
