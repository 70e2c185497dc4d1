import { type OpName, type Shape, transposeWindows, type WeightedWindows, type Windows } from "@vertebra/core";
import { Values } from "../reference/values";
import { exact, sumBound, type Tolerance, within } from "../tolerance";
import { between, distinct, given, normal, tied } from "./inputs";
import { axesButChannels, batchNormGradTolerance, batchNormTolerance } from "./normalize-bounds";
import type { OpCases } from "./types";
import { averageWindows, linearWindows, poolWindows } from "./windows";

const { NaN: NAN, POSITIVE_INFINITY: INF, NEGATIVE_INFINITY: NEG_INF } = Number;

type PoolRow = readonly [name: string, shape: Shape, rows: Windows, columns: Windows];

const POOLS: readonly PoolRow[] = [
  ["one pixel", [1, 1, 1, 1], poolWindows(1, 1, 1), poolWindows(1, 1, 1)],
  ["2×2", [2, 3, 6, 8], poolWindows(6, 2, 2), poolWindows(8, 2, 2)],
  ["3×3 stride 2 padded", [2, 3, 9, 8], poolWindows(9, 3, 2, 1), poolWindows(8, 3, 2, 1)],
  ["3×3 stride 1 padded", [1, 9, 7, 7], poolWindows(7, 3, 1, 1), poolWindows(7, 3, 1, 1)],
  ["2×2 padded, rounded up", [1, 2, 3, 3], poolWindows(3, 2, 2, 1, 1, true), poolWindows(3, 2, 2, 1, 1, true)],
  ["3×2 stride 1×3 dilated", [1, 2, 11, 13], poolWindows(11, 3, 1, 1, 2), poolWindows(13, 2, 3, 0, 3)],
  ["whole plane", [2, 8, 7, 7], poolWindows(7, 7, 1), poolWindows(7, 7, 1)],
  ["adaptive: windows of 2 and 3", [1, 3, 7, 5], adaptive(7, 3), adaptive(5, 2)],
  ["no image", [0, 3, 6, 6], poolWindows(6, 2, 2), poolWindows(6, 2, 2)],
  ["ResNet stem", [1, 16, 33, 32], poolWindows(33, 3, 2, 1), poolWindows(32, 3, 2, 1)],
];

/** Windows of an adaptive pooling: from ⌊o · n / outputs⌋ to ⌈(o + 1) · n / outputs⌉. */
function adaptive(inputSize: number, outputs: number): Windows {
  const start = (o: number) => Math.floor((o * inputSize) / outputs);
  const end = (o: number) => Math.ceil(((o + 1) * inputSize) / outputs);
  const order = Array.from({ length: outputs }, (_, o) => o);
  return { inputSize, step: 1, starts: Int32Array.from(order, start), counts: Int32Array.from(order, (o) => end(o) - start(o)) };
}

type ResampleRow = readonly [name: string, shape: Shape, rows: WeightedWindows, columns: WeightedWindows];

const RESAMPLES: readonly ResampleRow[] = [
  ["one pixel", [1, 1, 1, 1], linearWindows(1, 1), linearWindows(1, 1)],
  ["average 2×2", [2, 3, 6, 8], averageWindows(6, 2, 2), averageWindows(8, 2, 2)],
  ["average 3×3 padded, padding counted", [1, 8, 7, 6], averageWindows(7, 3, 1, 1, 3), averageWindows(6, 3, 1, 1, 3)],
  ["average 3×3 padded, padding left out", [1, 9, 7, 6], averageWindows(7, 3, 2, 1), averageWindows(6, 3, 2, 1)],
  ["global average", [2, 65, 7, 7], averageWindows(7, 7, 1), averageWindows(7, 7, 1)],
  ["linear up", [1, 2, 5, 4], linearWindows(5, 9), linearWindows(4, 11)],
  ["linear down", [1, 2, 17, 15], linearWindows(17, 8), linearWindows(15, 7)],
  ["transposed", [1, 2, 9, 11], transposeWindows(linearWindows(5, 9)), transposeWindows(linearWindows(4, 11))],
  ["no image", [0, 2, 5, 4], linearWindows(5, 9), linearWindows(4, 11)],
  ["large", [2, 16, 32, 33], averageWindows(32, 3, 2, 1, 3), averageWindows(33, 3, 2, 1, 3)],
];

const resampleTolerance: Tolerance<{ readonly rows: WeightedWindows; readonly columns: WeightedWindows }> = {
  reason: "two sums of weighted taps; weights rounded to the dtype",
  bounds: (context) => {
    const { attrs, inputs } = context;
    const positive = (windows: WeightedWindows): WeightedWindows => ({ ...windows, weights: windows.weights.map(Math.abs) });
    const positiveAttrs = { rows: positive(attrs.rows), columns: positive(attrs.columns) };
    const magnitudes = context.evaluate(
      inputs.map((x) => x.map(Math.abs)),
      positiveAttrs,
    );
    return [sumBound(magnitudes[0] as Values, attrs.rows.taps + attrs.columns.taps, context, 4)];
  },
};

const NORMALIZED: readonly Shape[] = [
  [2, 1],
  [2, 5],
  [3, 4, 5, 6],
  [2, 7, 1, 1],
  [9, 8, 3, 3],
  [2, 65, 4, 4],
  [4, 3, 33, 31],
  [2, 0, 3, 3],
];
const perChannel = (shape: Shape): Shape => [shape[1] as number];
const scaled = (shape: Shape) => between(shape, 0.5, 2);

const scaleShiftTolerance: Tolerance<unknown> = {
  reason: "a product and a sum",
  bounds: (context) => {
    const [x, scale] = context.inputs as [Values, Values];
    const [y] = context.results as [Values];
    const product = context.evaluate([x.map(Math.abs), scale.map(Math.abs), new Values(scale.shape)])[0] as Values;
    return [within(y, (i) => 2 * context.rounding * (product.at(i) + Math.abs(y.at(i))), context)];
  },
};

const NANS = given([NAN, 1, 2, INF, 0, NEG_INF, 5, NAN, NAN, 3, NEG_INF, NEG_INF, 4, 4, 4, NEG_INF], [1, 1, 4, 4]);

export const planeCases = {
  maxPool2d: {
    tolerance: exact("selects"),
    cases: [
      ...POOLS.map(([name, shape, rows, columns]) => ({ name, inputs: [distinct(shape)], attrs: { rows, columns } })),
      ...POOLS.slice(1, 4).map(([name, shape, rows, columns]) => ({
        name: `${name}, ties`,
        inputs: [tied(shape)],
        attrs: { rows, columns },
        kink: true as const,
      })),
      {
        name: "all negative, padded",
        inputs: [between([1, 2, 5, 5], -3, -1)],
        attrs: { rows: poolWindows(5, 3, 2, 1), columns: poolWindows(5, 3, 2, 1) },
      },
      {
        name: "NaN and infinities",
        inputs: [NANS],
        attrs: { rows: poolWindows(4, 2, 2), columns: poolWindows(4, 2, 2) },
        special: true,
      },
      {
        name: "NaN in overlapping windows",
        inputs: [NANS],
        attrs: { rows: poolWindows(4, 3, 1, 1), columns: poolWindows(4, 3, 1, 1) },
        special: true,
      },
    ],
  },
  resample2d: {
    tolerance: resampleTolerance,
    cases: RESAMPLES.map(([name, shape, rows, columns]) => ({ name, inputs: [normal(shape)], attrs: { rows, columns } })),
  },
  batchNormTrain: {
    tolerance: batchNormTolerance,
    cases: NORMALIZED.flatMap((shape) =>
      [1e-5, 0.1].map((eps) => ({
        name: `[${shape}] eps ${eps}`,
        inputs: [normal(shape, { mean: 1.5, scale: 2 }), scaled(perChannel(shape)), normal(perChannel(shape))],
        attrs: { eps },
      })),
    ),
  },
  batchNormTrainGrad: {
    tolerance: batchNormGradTolerance,
    cases: NORMALIZED.map((shape) => ({
      name: `[${shape}]`,
      inputs: [
        normal(shape, { mean: 1.5 }),
        scaled(perChannel(shape)),
        normal(perChannel(shape), { mean: 1.5, scale: 0.1 }),
        scaled(perChannel(shape)),
        normal(shape),
      ],
      attrs: { eps: 1e-5 },
    })),
  },
  scaleShift: {
    tolerance: scaleShiftTolerance,
    cases: NORMALIZED.map((shape) => ({
      name: `[${shape}] axes ${axesButChannels(shape)}`,
      inputs: [normal(shape), normal(perChannel(shape)), normal(perChannel(shape))],
      attrs: {},
    })),
  },
} satisfies { readonly [K in OpName]?: OpCases<K> };
