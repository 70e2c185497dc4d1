import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { build, elementAt } from "../testing/indexing";
import { permute } from "./permute";

const run = onBothThreadCounts();

const CASES: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  [
    [2, 3],
    [1, 0],
  ],
  [
    [5, 7],
    [1, 0],
  ],
  [
    [63, 65],
    [1, 0],
  ],
  [
    [64, 16],
    [1, 0],
  ],
  [
    [1, 9],
    [1, 0],
  ],
  [
    [2, 3, 8, 9],
    [0, 2, 3, 1],
  ],
  [
    [2, 8, 9, 3],
    [0, 3, 1, 2],
  ],
  [
    [2, 3, 4],
    [2, 1, 0],
  ],
  [
    [2, 3, 4],
    [1, 0, 2],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 0, 2],
  ],
  [
    [2, 1, 3, 2, 3, 2],
    [5, 0, 3, 1, 4, 2],
  ],
  [
    [3, 20, 1100],
    [0, 2, 1],
  ],
  [
    [2, 1100, 20],
    [2, 0, 1],
  ],
  [
    [3, 0],
    [1, 0],
  ],
];

describe("permute", () => {
  for (const { name, tensor } of KINDS) {
    it.each(CASES)(`moves the axes of ${name} %j to %j`, (shape, axes) => {
      const x = tensor(shape);
      const to = axes.map((axis) => shape[axis]!);
      const [y] = run(permute, { inputs: [x], outputs: [tensor(to, 255)], attrs: { axes } });
      const source = (index: readonly number[]) => shape.map((_, axis) => index[axes.indexOf(axis)]!);
      expect(y!.data).toEqual(build(to, x, (index) => elementAt(x, source(index))).data);
    });
  }
});
