import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { build, elementAt } from "../testing/indexing";
import { concat } from "./concat";

const run = onBothThreadCounts();

const CASES: readonly (readonly [shape: readonly number[], axis: number, sizes: readonly number[]])[] = [
  [[0], 0, [4]],
  [[0], 0, [3, 5, 1]],
  [[0, 3], 0, [2, 4]],
  [[3, 0], 1, [2, 0, 5]],
  [[2, 0, 3, 3], 1, [1, 2, 4]],
  [[2, 3, 0], 2, [7, 8, 9]],
  [[4, 0, 65, 63], 1, [3, 6]],
  [[0], 0, [40000, 30001]],
  [[2, 0], 1, new Array(300).fill(3)],
  [[0, 2], 1, [3, 4]],
];

describe("concat", () => {
  for (const { name, tensor } of KINDS) {
    it.each(CASES)(`joins ${name}: %j along axis %i, sizes %j`, (shape, axis, sizes) => {
      const withSize = (size: number) => shape.map((own, i) => (i === axis ? size : own));
      const parts = sizes.map((size) => tensor(withSize(size)));
      const to = withSize(sizes.reduce((total, size) => total + size, 0));
      const [y] = run(concat, { inputs: parts, outputs: [tensor(to, 255)], attrs: { axis, sizes } });
      const owners = sizes.flatMap((size, part) => Array.from({ length: size }, (_, at) => ({ part, at })));
      const wanted = build(to, tensor([1]), (index) => {
        const { part, at } = owners[index[axis]!]!;
        return elementAt(
          parts[part]!,
          index.map((i, k) => (k === axis ? at : i)),
        );
      });
      expect(y!.data).toEqual(wanted.data);
    });
  }
});
