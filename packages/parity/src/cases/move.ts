import type { OpName, PadMode, Shape } from "@vertebra/core";
import type { Values } from "../reference/values";
import { exact, sums } from "../tolerance";
import { bools, bytes, given, indices, integers, normal } from "./inputs";
import type { OpCases } from "./types";

const { NaN: NAN, POSITIVE_INFINITY: INF, NEGATIVE_INFINITY: NEG_INF } = Number;
const MOVES = exact("moves elements");

const PERMUTATIONS: readonly (readonly [Shape, readonly number[]])[] = [
  [
    [2, 3],
    [1, 0],
  ],
  [
    [63, 65],
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
    [2, 3, 4, 5, 6],
    [4, 0, 3, 1, 2],
  ],
  [
    [1, 7, 1],
    [2, 1, 0],
  ],
  [
    [0, 3, 2],
    [2, 0, 1],
  ],
  [
    [3, 64, 129],
    [0, 2, 1],
  ],
];

const EXPANSIONS: readonly (readonly [Shape, Shape])[] = [
  [[], [3]],
  [[1], [65]],
  [
    [3, 1],
    [3, 4],
  ],
  [[4], [2, 3, 4]],
  [
    [1, 8, 1, 1],
    [2, 8, 7, 9],
  ],
  [
    [2, 1, 4, 1],
    [2, 3, 4, 5],
  ],
  [
    [1, 3],
    [0, 3],
  ],
];

const SLICES: readonly (readonly [shape: Shape, starts: number[], sizes: number[], steps: number[]])[] = [
  [[1], [0], [1], [1]],
  [[9], [2], [5], [1]],
  [[9], [1], [3], [3]],
  [
    [65, 7],
    [1, 0],
    [63, 7],
    [1, 1],
  ],
  [
    [2, 6, 9, 12],
    [0, 0, 0, 1],
    [2, 3, 9, 4],
    [1, 2, 1, 3],
  ],
  [
    [2, 3, 4, 5, 6],
    [1, 0, 1, 2, 3],
    [1, 3, 2, 3, 3],
    [1, 1, 2, 1, 1],
  ],
  [
    [4, 4],
    [2, 1],
    [0, 3],
    [1, 1],
  ],
];

interface PadRow {
  readonly shape: Shape;
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: PadMode;
}

const PADS: readonly PadRow[] = [
  { shape: [1], before: [0], after: [1], mode: "constant" },
  { shape: [2, 3, 7, 8], before: [0, 0, 1, 2], after: [0, 0, 3, 0], mode: "constant" },
  { shape: [1, 2, 4, 5], before: [0, 1, 0, 0], after: [1, 0, 0, 0], mode: "constant" },
  { shape: [0, 3], before: [1, 0], after: [0, 2], mode: "constant" },
  { shape: [1, 3, 5, 6], before: [0, 0, 2, 3], after: [0, 0, 4, 1], mode: "reflect" },
  { shape: [9], before: [8], after: [8], mode: "reflect" },
  { shape: [1, 3, 5, 6], before: [0, 0, 2, 3], after: [0, 0, 7, 1], mode: "replicate" },
  { shape: [1, 1], before: [3, 0], after: [3, 2], mode: "replicate" },
];
const padName = ({ shape, before, after, mode }: PadRow) => `${mode} [${shape}] by [${before}] [${after}]`;
const padded = ({ shape, before, after }: PadRow): Shape =>
  shape.map((size, i) => size + (before[i] as number) + (after[i] as number));
/** Copies of an element: one per axis and side at the edge, and itself. */
const copies = ({ before, after }: { readonly before: readonly number[]; readonly after: readonly number[] }): number =>
  before.reduce((product, size, i) => product * (1 + size + (after[i] as number)), 1);

const CONCATS: readonly (readonly [parts: Shape[], axis: number])[] = [
  [[[3]], 0],
  [
    [
      [2, 1, 3, 4],
      [2, 4, 3, 4],
      [2, 2, 3, 4],
    ],
    1,
  ],
  [
    [
      [7, 3],
      [8, 3],
      [65, 3],
    ],
    0,
  ],
  [
    [
      [2, 0],
      [2, 3],
    ],
    1,
  ],
  [
    [
      [2, 3, 5],
      [2, 3, 1],
      [2, 3, 63],
    ],
    2,
  ],
];

const GATHERS: readonly (readonly [shape: Shape, indices: Shape, axis: number])[] = [
  [[1], [1], 0],
  [[6, 10], [6, 1], 1],
  [[65, 9], [7, 9], 0],
  [[2, 5, 3, 4], [2, 8, 3, 4], 1],
  [[4, 7], [2, 3], 1],
  [[4, 7], [0, 3], 1],
];

const STEPS_FROM = [
  [0, 0, 0, 0],
  [123456789, -987654321, 7, 3],
  [-1, 5, 0, 1000000],
];

export const moveCases = {
  concat: {
    tolerance: MOVES,
    cases: [
      ...CONCATS.map(([parts, axis]) => ({
        name: `${parts.map((part) => `[${part}]`).join(" ")} axis ${axis}`,
        inputs: parts.map((part) => normal(part)),
        attrs: { axis, sizes: parts.map((part) => part[axis] as number) },
      })),
      { name: "integers", inputs: [integers([3]), integers([5])], attrs: { axis: 0, sizes: [3, 5] } },
    ],
  },
  copyInto: {
    tolerance: MOVES,
    cases: [
      ...[[], [1], [65], [2, 3, 4], [0]].map((shape) => ({
        name: `[${shape}]`,
        inputs: [normal(shape), normal(shape)],
        attrs: {},
      })),
      { name: "integers", inputs: [integers([9]), integers([9])], attrs: {} },
    ],
  },
  expand: {
    tolerance: MOVES,
    cases: EXPANSIONS.map(([from, shape]) => ({ name: `[${from}] to [${shape}]`, inputs: [normal(from)], attrs: { shape } })),
  },
  fill: {
    tolerance: MOVES,
    cases: [
      ...[[], [1], [65], [3, 0], [4, 16, 33, 17]].map((shape) => ({
        name: `[${shape}]`,
        inputs: [],
        attrs: { shape, dtype: "f32" as const, value: -1.5 },
      })),
      { name: "i32", inputs: [], attrs: { shape: [7], dtype: "i32", value: -3 } },
      { name: "bool", inputs: [], attrs: { shape: [9], dtype: "bool", value: 1 } },
      { name: "u8", inputs: [], attrs: { shape: [9], dtype: "u8", value: 200 } },
      { name: "−∞", inputs: [], attrs: { shape: [5], dtype: "f32", value: NEG_INF }, special: true },
      { name: "NaN", inputs: [], attrs: { shape: [5], dtype: "f32", value: NAN }, special: true },
    ],
  },
  gather: {
    tolerance: MOVES,
    cases: GATHERS.map(([shape, of, axis]) => ({
      name: `[${of}] of [${shape}] axis ${axis}`,
      inputs: [normal(shape), indices(of, shape[axis] as number)],
      attrs: { axis },
    })),
  },
  scatterAdd: {
    tolerance: sums("as many terms as there are equal indices", ({ inputs, attrs }) => (inputs[0] as Values).size(attrs.axis), {
      factors: 1,
    }),
    cases: GATHERS.map(([shape, of, axis]) => ({
      name: `[${of}] into [${shape}] axis ${axis}`,
      inputs: [normal(of), indices(of, shape[axis] as number)],
      attrs: { axis, shape },
    })),
  },
  pad: {
    tolerance: MOVES,
    cases: [
      ...PADS.map((row) => ({ name: padName(row), inputs: [normal(row.shape)], attrs: { ...row, value: 0.5 } })),
      {
        name: "−∞",
        inputs: [normal([2, 3])],
        attrs: { before: [1, 1], after: [0, 2], mode: "constant", value: NEG_INF },
        special: true,
      },
      { name: "u8", inputs: [bytes([2, 3])], attrs: { before: [1, 1], after: [0, 2], mode: "constant", value: 7 } },
    ],
  },
  padGrad: {
    tolerance: sums("as many terms as an element has copies", ({ attrs }) => copies(attrs)),
    cases: PADS.map((row) => ({ name: padName(row), inputs: [normal(padded(row))], attrs: row })),
  },
  permute: {
    tolerance: MOVES,
    cases: [
      ...PERMUTATIONS.map(([shape, axes]) => ({ name: `[${shape}] to [${axes}]`, inputs: [normal(shape)], attrs: { axes } })),
      { name: "u8", inputs: [bytes([5, 7, 3])], attrs: { axes: [2, 0, 1] } },
    ],
  },
  slice: {
    tolerance: MOVES,
    cases: [
      ...SLICES.map(([shape, starts, sizes, steps]) => ({
        name: `[${shape}] from [${starts}] size [${sizes}] step [${steps}]`,
        inputs: [normal(shape)],
        attrs: { starts, sizes, steps },
      })),
      { name: "bool", inputs: [bools([9])], attrs: { starts: [1], sizes: [4], steps: [2] } },
    ],
  },
  sliceGrad: {
    tolerance: MOVES,
    cases: SLICES.map(([shape, starts, sizes, steps]) => ({
      name: `[${sizes}] into [${shape}] from [${starts}] step [${steps}]`,
      inputs: [normal(sizes)],
      attrs: { starts, steps, shape },
    })),
  },
  toDtype: {
    tolerance: exact("rounds to the nearest, ties to even; integers are truncated"),
    cases: [
      ...(["f16", "bf16", "i32", "bool"] as const).map((dtype) => ({
        name: `to ${dtype}`,
        inputs: [normal([65], { scale: 50 })],
        attrs: { dtype },
      })),
      {
        name: "to f16, ties and edges",
        inputs: [given([1.00048828125, 1.00146484375, 65504, 65519, 1e-7, 3e-8, 2e-8, -0])],
        attrs: { dtype: "f16" },
      },
      { name: "to bf16, ties", inputs: [given([1.00390625, 1.01171875, -1.00390625, 3.3e38])], attrs: { dtype: "bf16" } },
      { name: "to f16, past the range", inputs: [given([65520, 1e9, -INF, NAN])], attrs: { dtype: "f16" }, special: true },
      { name: "u8 to f32", inputs: [bytes([65])], attrs: { dtype: "f32" } },
      { name: "bool to f32", inputs: [bools([65])], attrs: { dtype: "f32" } },
      {
        name: "i32 to f32",
        inputs: [given([0, -1, 16777216, 16777217, 2147483647, -2147483648], [6], "i32")],
        attrs: { dtype: "f32" },
      },
      { name: "f16 to f32", inputs: [{ ...normal([65]), dtype: "f16" }], attrs: { dtype: "f32" } },
      { name: "bf16 to f32", inputs: [{ ...normal([9]), dtype: "bf16" }], attrs: { dtype: "f32" } },
      { name: "float to u8", inputs: [given([0, 1.9, 254.99, 255])], attrs: { dtype: "u8" } },
    ],
  },
  uniform: {
    tolerance: exact("24 random bits"),
    cases: STEPS_FROM.flatMap((state) =>
      [[1], [7], [8, 9], [0], [65]].map((shape) => ({
        name: `[${shape}] from ${state}`,
        inputs: [given(state, [4], "i32")],
        attrs: { shape, dtype: "f32" as const },
      })),
    ),
  },
} satisfies { readonly [K in OpName]?: OpCases<K> };
