import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { build, countOf, elementAt, flatten, indicesOf } from "../testing/indexing";
import { blank, randomFloats, worstError } from "../testing/run-plan";
import { pad } from "./pad";
import { padGrad } from "./padGrad";

const run = onBothThreadCounts();

type Numbers = readonly number[];
type Mode = "constant" | "reflect" | "replicate";

const CASES: readonly (readonly [shape: Numbers, before: Numbers, after: Numbers])[] = [
  [[], [], []],
  [[5], [2], [3]],
  [
    [4, 5],
    [1, 0],
    [0, 2],
  ],
  [
    [4, 5],
    [0, 3],
    [2, 4],
  ],
  [
    [2, 3, 7, 8],
    [0, 0, 2, 3],
    [0, 0, 1, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 1, 0, 0],
    [0, 2, 0, 0],
  ],
  [
    [2, 3, 4],
    [1, 2, 3],
    [1, 2, 3],
  ],
  [
    [3, 1, 2],
    [0, 0, 1],
    [0, 0, 1],
  ],
  [
    [2, 2, 2, 2, 2, 2],
    [1, 0, 1, 0, 1, 0],
    [0, 1, 0, 1, 0, 1],
  ],
  [
    [3, 8, 64, 65],
    [0, 0, 1, 1],
    [0, 0, 2, 2],
  ],
  [
    [2, 64, 9, 9],
    [0, 32, 0, 0],
    [0, 32, 0, 0],
  ],
];
const ONLY_CONSTANT: typeof CASES = [
  [
    [0, 2],
    [1, 1],
    [2, 0],
  ],
  [[1], [4], [0]],
];
const WIDE_EDGE: typeof CASES = [
  [
    [1, 3],
    [2, 5],
    [3, 4],
  ],
  [
    [2, 1, 1],
    [0, 3, 4],
    [0, 1, 2],
  ],
];

function sourceOf(k: number, size: number, mode: Mode): number {
  if (k >= 0 && k < size) return k;
  if (mode === "constant") return -1;
  if (mode === "replicate") return k < 0 ? 0 : size - 1;
  return k < 0 ? -k : 2 * (size - 1) - k;
}

const paddedShape = ([shape, before, after]: (typeof CASES)[number]) => shape.map((size, i) => size + before[i]! + after[i]!);

/** Index in x of an index in y, or null if it is padding of a constant. */
function source([shape, before]: (typeof CASES)[number], index: Numbers, mode: Mode): number[] | null {
  const from = index.map((i, axis) => sourceOf(i - before[axis]!, shape[axis]!, mode));
  return from.includes(-1) ? null : from;
}

const RUNS = (["constant", "reflect", "replicate"] as const).flatMap((mode) =>
  [...CASES, ...(mode === "constant" ? ONLY_CONSTANT : []), ...(mode === "replicate" ? WIDE_EDGE : [])].map((padding) => ({
    mode,
    padding,
  })),
);

describe.each(RUNS)("pad $mode $padding", ({ mode, padding }) => {
  const [shape, before, after] = padding;
  const to = paddedShape(padding);

  it.each(KINDS)("copies $name", ({ tensor }) => {
    const x = tensor(shape);
    const [y] = run(pad, { inputs: [x], outputs: [tensor(to, 255)], attrs: { before, after, mode, value: 0 } });
    const wanted = build(to, x, (index) => {
      const from = source(padding, index, mode);
      return from ? elementAt(x, from) : 0;
    });
    expect(y!.data).toEqual(wanted.data);
  });

  it("adds the gradient up", () => {
    const dy = randomFloats(to, 3);
    const [dx] = run(padGrad, { inputs: [dy], outputs: [blank(shape)], attrs: { before, after, mode, shape } });
    const wanted = new Float64Array(countOf(shape));
    const sizes = new Float64Array(countOf(shape));
    for (const index of indicesOf(to)) {
      const from = source(padding, index, mode);
      if (from === null) continue;
      wanted[flatten(from, shape)]! += elementAt(dy, index);
      sizes[flatten(from, shape)]! += Math.abs(elementAt(dy, index));
    }
    expect(worstError(dx!.data as Float32Array, wanted, (_, i) => 2 ** -21 * sizes[i]! + 1e-45)).toBeLessThanOrEqual(1);
  });
});

describe("pad", () => {
  it("fills with the value it is given", () => {
    const x = randomFloats([2, 2], 1);
    const attrs = { before: [0, 1], after: [1, 0], mode: "constant", value: -2.5 } as const;
    const [y] = run(pad, { inputs: [x], outputs: [blank([3, 3])], attrs });
    expect([...y!.data]).toEqual([-2.5, x.data[0], x.data[1], -2.5, x.data[2], x.data[3], -2.5, -2.5, -2.5]);
  });

  it.each(KINDS)("cuts a constant border off $name", ({ tensor }) => {
    const dy = tensor([4, 5]);
    const attrs = { before: [1, 2], after: [1, 0], mode: "constant", shape: [2, 3] } as const;
    const [dx] = run(padGrad, { inputs: [dy], outputs: [tensor([2, 3], 0)], attrs });
    expect([...dx!.data]).toEqual([8, 9, 10, 13, 14, 15]);
  });
});
