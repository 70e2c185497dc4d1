import { type Device, type DType, expand, padGrad, permute, type Shape, slice } from "@vertebra/core";
import { stridesOf } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch } from "../launch";
import { expectAsReference, numbered, SIZES } from "../testing/against-reference";
import { openForTests } from "../testing/open-device";
import { operandOf, PORTABLE } from "../testing/run-kernel";
import { stridedLaunches } from "./strided";

const { device, reason } = await openForTests();

const PERMUTATIONS: readonly (readonly [shape: Shape, axes: readonly number[]])[] = [
  [
    [5, 7],
    [1, 0],
  ],
  [
    [16, 16],
    [1, 0],
  ],
  [
    [33, 65],
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
    [3, 4, 8],
    [1, 0, 2],
  ],
  [
    [3, 20, 40],
    [0, 2, 1],
  ],
  [
    [2, 33, 20],
    [2, 0, 1],
  ],
  [
    [20, 2, 3, 17],
    [3, 1, 2, 0],
  ],
  [
    [2, 1, 3, 2, 3, 2],
    [5, 0, 3, 1, 4, 2],
  ],
  [
    [2, 2, 2, 2, 2, 2, 2, 2],
    [7, 5, 3, 1, 6, 4, 2, 0],
  ],
];

const EXPANSIONS: readonly (readonly [from: Shape, to: Shape])[] = [
  [[], [5]],
  [[3], [2, 3]],
  [[16], [3, 16]],
  [
    [3, 1],
    [3, 9],
  ],
  [
    [2, 1, 3, 1],
    [2, 4, 3, 5],
  ],
  [
    [1, 5, 1, 1, 2, 1],
    [3, 5, 2, 1, 2, 4],
  ],
];

const SLICES: readonly (readonly [shape: Shape, starts: Shape, sizes: Shape, steps: Shape])[] = [
  [[], [], [], []],
  [[41], [16], [25], [1]],
  [[41], [3], [30], [1]],
  [[9], [1], [4], [2]],
  [
    [5, 7],
    [0, 2],
    [5, 3],
    [1, 2],
  ],
  [
    [5, 32],
    [1, 16],
    [2, 16],
    [2, 1],
  ],
  [
    [5, 33],
    [1, 16],
    [2, 16],
    [2, 1],
  ],
  [
    [4, 6, 8],
    [1, 2, 3],
    [2, 2, 2],
    [2, 3, 4],
  ],
  [
    [3, 40, 26],
    [0, 1, 1],
    [3, 38, 24],
    [1, 1, 1],
  ],
];

describe.skipIf(!device)(`strided moves on ${device?.adapter ?? reason}`, () => {
  const own = device as Device;
  afterAll(() => device?.close());

  for (const dtype of SIZES) {
    it.each(PERMUTATIONS)(`permutes ${dtype} %j to %j`, (shape, axes) =>
      expectAsReference(own, [numbered(shape, dtype)], (x) => permute(x, axes)),
    );

    it.each(EXPANSIONS)(`repeats ${dtype} %j to %j`, (from, to) =>
      expectAsReference(own, [numbered(from, dtype)], (x) => expand(x, to)),
    );

    it.each(SLICES)(`takes from ${dtype} %j, starts %j, sizes %j, steps %j`, (shape, starts, sizes, steps) =>
      expectAsReference(own, [numbered(shape, dtype)], (x) => slice(x, starts, sizes, steps)),
    );

    it(`cuts a constant border off ${dtype}`, () =>
      expectAsReference(own, [numbered([4, 5], dtype)], (dy) =>
        padGrad(dy, { before: [1, 2], after: [1, 0], mode: "constant", shape: [2, 3] }),
      ));
  }
});

describe("plans of strided moves", () => {
  const plan = (dtype: DType, sizes: Shape, steps: Shape, start = 0): Launch => {
    const [x, y] = [operandOf([1 << 20], dtype), operandOf(sizes, dtype)];
    return stridedLaunches("permute", x, y, { sizes, steps, start }, PORTABLE)[0]!;
  };
  const kindOf = ({ shader, constants }: Launch) => [shader.name, constants?.PER_WORD];

  it("move quads where rows, steps and start are whole ones", () => {
    expect(kindOf(plan("f32", [3, 8], [12, 1], 4))).toEqual(["strided of quads", 1]);
    expect(kindOf(plan("f32", [3, 8], [12, 1], 2))).toEqual(["strided", 1]);
    expect(kindOf(plan("f32", [3, 8], [10, 1]))).toEqual(["strided", 1]);
    expect(kindOf(plan("f32", [3, 6], [12, 1]))).toEqual(["strided", 1]);
    expect(kindOf(plan("f32", [3, 8], [16, 2]))).toEqual(["strided", 1]);
    expect(kindOf(plan("f32", [7], [1], 4))).toEqual(["strided of quads", 1]);
  });

  it("move words of small elements where they can", () => {
    expect(kindOf(plan("u8", [3, 32], [48, 1]))).toEqual(["strided of quads", 1]);
    expect(kindOf(plan("u8", [3, 4], [8, 1]))).toEqual(["strided", 1]);
    expect(kindOf(plan("u8", [3, 2], [8, 1]))).toEqual(["strided", 4]);
    expect(kindOf(plan("f16", [3, 6], [8, 1], 2))).toEqual(["strided", 1]);
    expect(kindOf(plan("f16", [3, 6], [8, 1], 1))).toEqual(["strided", 2]);
  });

  it("transpose in tiles where both sides are long enough, batches included", () => {
    expect(plan("f32", [5, 64, 40], [2560, 1, 64])).toMatchObject({ shader: { name: "transpose" }, grid: [20, 1, 1] });
    expect(kindOf(plan("f32", [64, 3], [1, 64]))).toEqual(["strided", 1]);
    expect(kindOf(plan("u8", [64, 64], [1, 64]))).toEqual(["strided", 4]);
  });

  it("have nothing to do for no elements", () => {
    const [x, y] = [operandOf([4, 0]), operandOf([0, 4])];
    expect(stridedLaunches("permute", x, y, { sizes: [0, 4], steps: stridesOf([4, 0]) }, PORTABLE)).toEqual([]);
  });
});
