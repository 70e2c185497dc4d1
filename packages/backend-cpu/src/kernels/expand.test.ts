import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { build, elementAt } from "../testing/indexing";
import { expand } from "./expand";

const run = onBothThreadCounts();

const CASES: readonly (readonly [from: readonly number[], to: readonly number[]])[] = [
  [[], []],
  [[], [5]],
  [[1], [7]],
  [[3], [2, 3]],
  [
    [3, 1],
    [3, 9],
  ],
  [
    [1, 3],
    [8, 3],
  ],
  [
    [2, 1, 3, 1],
    [2, 4, 3, 5],
  ],
  [
    [1, 5, 1, 1, 2, 1],
    [3, 5, 2, 1, 2, 4],
  ],
  [
    [8, 1, 1],
    [8, 63, 65],
  ],
  [[1], [65537]],
  [
    [64, 1],
    [64, 1025],
  ],
  [
    [0, 1],
    [0, 4],
  ],
];

describe("expand", () => {
  for (const { name, tensor } of KINDS) {
    it.each(CASES)(`repeats ${name} %j to %j`, (from, to) => {
      const x = tensor(from);
      const [y] = run(expand, { inputs: [x], outputs: [tensor(to, 255)], attrs: { shape: to } });
      expect(y!.data).toEqual(build(to, x, (index) => elementAt(x, index)).data);
    });
  }
});
