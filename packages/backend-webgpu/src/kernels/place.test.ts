import { type Device, type DType, type PadMode, pad, padGrad, type Shape, sliceGrad, type Tensor, tensor } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch } from "../launch";
import { expectAsReference, numbered, SIZES } from "../testing/against-reference";
import { openForTests } from "../testing/open-device";
import { operandOf, PORTABLE } from "../testing/run-kernel";
import { pad as padPlan } from "./pad";
import { sliceGrad as sliceGradPlan } from "./sliceGrad";

const { device, reason } = await openForTests();

type Padding = readonly [shape: Shape, before: Shape, after: Shape];

const CASES: readonly Padding[] = [
  [[], [], []],
  [[5], [2], [3]],
  [[8], [4], [4]],
  [
    [4, 5],
    [1, 0],
    [0, 2],
  ],
  [
    [2, 3, 7, 8],
    [0, 0, 2, 3],
    [0, 0, 1, 2],
  ],
  [
    [2, 4, 4, 4],
    [0, 1, 0, 0],
    [0, 2, 0, 0],
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
    [3, 5, 16, 21],
    [0, 0, 1, 1],
    [0, 0, 2, 2],
  ],
];
const ONLY: { readonly [M in PadMode]: readonly Padding[] } = {
  constant: [
    [
      [0, 2],
      [1, 1],
      [2, 0],
    ],
    [[1], [4], [0]],
    [
      [16, 16],
      [1, 16],
      [1, 16],
    ],
  ],
  reflect: [[[9], [8], [8]]],
  replicate: [
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
    [
      [1, 1],
      [40, 30],
      [0, 20],
    ],
  ],
};
const RUNS = (["constant", "reflect", "replicate"] as const).flatMap((mode) =>
  [...CASES, ...ONLY[mode]].map((padding) => ({ mode, padding })),
);

const SLICES: readonly (readonly [shape: Shape, starts: Shape, sizes: Shape, steps: Shape])[] = [
  [[], [], [], []],
  [[9], [2], [5], [1]],
  [[9], [0], [3], [4]],
  [
    [5, 7],
    [0, 2],
    [5, 3],
    [1, 2],
  ],
  [
    [5, 16],
    [1, 0],
    [2, 16],
    [2, 1],
  ],
  [
    [1, 6],
    [0, 2],
    [1, 3],
    [3, 1],
  ],
  [
    [4, 6, 8],
    [1, 2, 3],
    [2, 2, 2],
    [2, 3, 4],
  ],
  [
    [2, 2, 2, 2, 2, 2],
    [1, 0, 1, 0, 1, 0],
    [1, 2, 1, 2, 1, 2],
    [1, 1, 1, 1, 1, 1],
  ],
  [
    [4, 5],
    [2, 1],
    [0, 3],
    [1, 1],
  ],
];

describe.skipIf(!device)(`padding on ${device?.adapter ?? reason}`, () => {
  const own = device as Device;
  afterAll(() => device?.close());

  for (const { mode, padding } of RUNS) {
    const [shape, before, after] = padding;

    it.each(SIZES)(`${mode} of ${JSON.stringify(padding)} copies %s`, (dtype) =>
      expectAsReference(own, [numbered(shape, dtype)], (x) => pad(x, before, after, { mode, value: 7 })),
    );

    it(`${mode} of ${JSON.stringify(padding)} adds the gradient up`, () => {
      const padded = shape.map((size, i) => size + before[i]! + after[i]!);
      return expectAsReference(own, [numbered(padded, "f32")], (dy) => padGrad(dy, { before, after, mode, shape }));
    });
  }

  for (const dtype of SIZES) {
    it.each(SLICES)(`puts ${dtype} back into %j, starts %j, sizes %j, steps %j`, (shape, starts, sizes, steps) =>
      expectAsReference(own, [numbered(sizes, dtype)], (dy) => sliceGrad(dy, { starts, steps, shape })),
    );
  }

  it("keeps the error of many copies to that of a few", async () => {
    const before = [300, 400];
    const dy: Tensor = tensor(new Float32Array(301 * 401).fill(0.1), { shape: [301, 401], device: own });
    const dx = await padGrad(dy, { before, after: [0, 0], mode: "replicate", shape: [1, 1] }).item();
    const wanted = Math.fround(0.1) * 301 * 401;
    expect(Math.abs(dx - wanted) / wanted).toBeLessThan(512 * 2 ** -24);
  });
});

describe("plans of padding", () => {
  const kindOf = ([launch]: readonly unknown[]) => {
    const { shader, constants } = launch as Launch;
    return [shader.name, constants?.PER_WORD];
  };
  const padOf = (dtype: DType, mode: PadMode, [shape, before, after]: Padding) => {
    const y = shape.map((size, i) => size + before[i]! + after[i]!);
    return kindOf(padPlan([operandOf(shape, dtype)], [operandOf(y, dtype)], { before, after, mode, value: 0 }, PORTABLE));
  };

  it("move quads where nothing lies beside them", () => {
    expect(
      padOf("f32", "reflect", [
        [4, 8],
        [1, 0],
        [1, 0],
      ]),
    ).toEqual(["place of quads", 1]);
    expect(
      padOf("f32", "constant", [
        [4, 8],
        [1, 4],
        [1, 8],
      ]),
    ).toEqual(["place of quads", 1]);
    expect(
      padOf("f32", "reflect", [
        [4, 8],
        [1, 4],
        [1, 4],
      ]),
    ).toEqual(["place", 1]);
    expect(
      padOf("u8", "constant", [
        [4, 8],
        [1, 4],
        [1, 0],
      ]),
    ).toEqual(["place", 1]);
    expect(
      padOf("u8", "constant", [
        [4, 8],
        [1, 1],
        [1, 0],
      ]),
    ).toEqual(["place", 4]);
  });

  it("put slices of whole quads back as quads", () => {
    const sliceGradOf = (sizes: Shape, starts: Shape, steps: Shape) =>
      kindOf(sliceGradPlan([operandOf(sizes)], [operandOf([8, 32])], { starts, steps, shape: [8, 32] }, PORTABLE));
    expect(sliceGradOf([2, 32], [1, 0], [3, 1])).toEqual(["place of quads", 1]);
    expect(sliceGradOf([2, 16], [1, 8], [3, 1])).toEqual(["place of quads", 1]);
    expect(sliceGradOf([2, 16], [1, 0], [3, 2])).toEqual(["place", 1]);
  });
});
