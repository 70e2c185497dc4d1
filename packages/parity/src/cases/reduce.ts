import type { OpName, Shape } from "@vertebra/core";
import { forEachLine } from "../reference/indexing";
import { Values } from "../reference/values";
import { type BoundContext, exact, sizeOver, sumDepth, sums, type Tolerance, within } from "../tolerance";
import { expUlps, logError } from "./element-bound";
import { between, distinct, given, integers, normal, tied } from "./inputs";
import type { CaseInput, OpCase, OpCases } from "./types";

const { NaN: NAN, POSITIVE_INFINITY: INF, NEGATIVE_INFINITY: NEG_INF } = Number;

interface ReduceAttrs {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** Shape, axes: one element, every tile size, first, last, middle and several axes, all, none. */
const REDUCTIONS: readonly (readonly [Shape, readonly number[]])[] = [
  [[1], [0]],
  ...[7, 8, 9, 63, 64, 65].map((size): [Shape, number[]] => [[3, size], [1]]),
  ...[7, 8, 9, 63, 64, 65].map((size): [Shape, number[]] => [[size, 3], [0]]),
  [[], []],
  [[2, 3], []],
  [[2, 3, 4, 5], [1]],
  [
    [2, 3, 4, 5],
    [0, 2],
  ],
  [
    [2, 3, 4, 5],
    [0, 2, 3],
  ],
  [
    [2, 3, 4, 5],
    [2, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 1, 2, 3],
  ],
  [[0, 3], [1]],
  [[5, 1, 5], [1]],
];
const LARGE: readonly (readonly [Shape, readonly number[]])[] = [
  [[3, 5000], [1]],
  [[70001], [0]],
  [[5000, 3], [0]],
  [
    [8, 16, 14, 14],
    [0, 2, 3],
  ],
];
const EMPTY: readonly (readonly [Shape, readonly number[]])[] = [
  [[2, 0], [1]],
  [[0], [0]],
  [[0, 3], [0]],
];

const reductions = (rows: typeof REDUCTIONS, make: (shape: Shape) => CaseInput): OpCase<ReduceAttrs>[] =>
  rows.map(([shape, axes], i) => ({
    name: `[${shape}] over [${axes}]`,
    inputs: [make(shape)],
    attrs: { axes, keepDims: i % 2 === 1 },
  }));

const termsOf = ({ inputs: [x], attrs }: BoundContext<ReduceAttrs>): number => sizeOver(x?.shape ?? [], attrs.axes);

/** A product of k factors is rounded k − 1 times; half an ULP each. */
const products = (roundings: number): Tolerance<{ readonly axes: readonly number[] }> => ({
  reason: "k factors: k roundings",
  bounds: (context) => {
    const [x] = context.inputs as [Values];
    const factors = sizeOver(x.shape, context.attrs.axes) + roundings;
    return context.results.map((y) => within(y, (i) => factors * context.rounding * Math.abs(y.at(i)), context));
  },
});

interface SoftmaxContext extends BoundContext<{ readonly axis: number }> {}

/** max − x for every element: how far the argument of exp is from 0. */
function distances({ inputs, attrs: { axis } }: SoftmaxContext): Values {
  const [x] = inputs as [Values];
  const d = new Values(x.shape);
  forEachLine(x.shape, axis, (start, step) => {
    let max = NEG_INF;
    for (let i = 0; i < x.size(axis); i++) max = Math.max(max, x.at(start + i * step));
    for (let i = 0; i < x.size(axis); i++) d.data[start + i * step] = max - x.at(start + i * step);
  });
  return d;
}

/** Relative error of Σ exp(x − max) for each line, by element: exp's and the subtraction's, weighted with each term's share, and the sum's. */
function totalError(context: SoftmaxContext, d: Values): Values {
  const { axis } = context.attrs;
  const error = new Values(d.shape);
  forEachLine(d.shape, axis, (start, step) => {
    let [total, weighted] = [0, 0];
    for (let i = 0; i < d.size(axis); i++) {
      const distance = d.at(start + i * step);
      total += Math.exp(-distance);
      if (distance < INF) weighted += Math.exp(-distance) * (expUlps(distance) + distance);
    }
    const relative = 2 * context.rounding * (weighted / total) + context.rounding * sumDepth(d.size(axis), context.block);
    for (let i = 0; i < d.size(axis); i++) error.data[start + i * step] = relative;
  });
  return error;
}

const softmaxTolerance: Tolerance<{ readonly axis: number }> = {
  reason: "exp(x − max) by WGSL's table, the sum's depth and a division",
  bounds: (context) => {
    const [y] = context.results as [Values];
    const d = distances(context);
    const ofTotal = totalError(context, d);
    return [within(y, (i) => y.at(i) * (2 * context.rounding * (expUlps(d.at(i)) + d.at(i) + 2.5) + ofTotal.at(i)), context)];
  },
};

const logSoftmaxTolerance: Tolerance<{ readonly axis: number }> = {
  reason: "x − max, then log by WGSL's table of a sum in softmax's precision",
  bounds: (context) => {
    const [y] = context.results as [Values];
    const d = distances(context);
    const ofTotal = totalError(context, d);
    const ulp = 2 * context.rounding;
    const ofLog = (i: number) => logError(Math.exp(-d.at(i) - y.at(i)));
    return [within(y, (i) => ulp * (d.at(i) + Math.abs(y.at(i)) + ofLog(i)) + ofTotal.at(i), context)];
  },
};

const LINES: readonly (readonly [Shape, number])[] = [
  [[1], 0],
  [[3, 1], 1],
  ...[7, 8, 9, 63, 64, 65].map((size): [Shape, number] => [[5, size], 1]),
  [[2, 3, 4], 0],
  [[2, 3, 4], 1],
  [[2, 9, 5, 5], 1],
  [[0, 3], 1],
  [[4, 1000], 1],
];
const lines = (make: (shape: Shape) => CaseInput) =>
  LINES.map(([shape, axis]) => ({ name: `[${shape}] axis ${axis}`, inputs: [make(shape)], attrs: { axis } }));
const softmaxCases = [
  ...lines((shape) => normal(shape, { scale: 3 })),
  { name: "far apart", inputs: [given([1000, 0, -1000, 999, 88, -88], [2, 3])], attrs: { axis: 1 } },
  {
    name: "infinities",
    inputs: [given([NEG_INF, 0, 1, INF, 0, 1, NAN, 0, 1, NEG_INF, NEG_INF, NEG_INF], [4, 3])],
    attrs: { axis: 1 },
    special: true as const,
  },
];

const NANS = given([1, NAN, 3, 2, 5, 5, NEG_INF, NEG_INF, NEG_INF, INF, NAN, NAN], [4, 3]);

export const reduceCases = {
  sum: {
    tolerance: sums("blocked sum", termsOf),
    cases: [
      ...reductions([...REDUCTIONS, ...LARGE, ...EMPTY], (shape) => normal(shape, { mean: 0.5 })),
      { name: "integers", inputs: [integers([5, 65])], attrs: { axes: [1], keepDims: false } },
      { name: "infinities", inputs: [NANS], attrs: { axes: [1], keepDims: false }, special: true },
    ],
  },
  prod: {
    tolerance: products(0),
    cases: [
      ...reductions([...REDUCTIONS, ...EMPTY], (shape) => between(shape, 0.5, 1.6)),
      { name: "zeros", inputs: [given([2, 0, 3, 0, 0, 4, 5, 6, 7], [3, 3])], attrs: { axes: [1], keepDims: false } },
    ],
  },
  prodGrad: {
    tolerance: products(1),
    cases: [
      ...REDUCTIONS.map(([shape, axes]) => ({
        name: `[${shape}] over [${axes}]`,
        inputs: [between(shape, 0.5, 1.6), normal(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)))],
        attrs: { axes },
      })),
      { name: "zeros", inputs: [given([2, 0, 3, 0, 0, 4, 5, 6, 7], [3, 3]), given([1, 2, 3], [3, 1])], attrs: { axes: [1] } },
    ],
  },
  amax: {
    tolerance: exact("selects"),
    cases: [
      ...reductions([...REDUCTIONS, ...LARGE], distinct),
      { name: "ties", inputs: [tied([6, 9])], attrs: { axes: [1], keepDims: false }, kink: true },
      { name: "integers", inputs: [integers([5, 65])], attrs: { axes: [1], keepDims: true } },
      { name: "NaN and infinities", inputs: [NANS], attrs: { axes: [1], keepDims: false }, special: true },
    ],
  },
  argmax: {
    tolerance: exact("selects"),
    cases: [
      ...LINES.map(([shape, axis], i) => ({
        name: `[${shape}] axis ${axis}`,
        inputs: [distinct(shape)],
        attrs: { axis, keepDims: i % 2 === 1 },
      })),
      { name: "ties", inputs: [tied([6, 9])], attrs: { axis: 1, keepDims: false } },
      { name: "large", inputs: [tied([70001])], attrs: { axis: 0, keepDims: false } },
      { name: "integers", inputs: [integers([5, 65])], attrs: { axis: 0, keepDims: true } },
      { name: "NaN and infinities", inputs: [NANS], attrs: { axis: 1, keepDims: false }, special: true },
    ],
  },
  topK: {
    tolerance: exact("selects"),
    cases: [
      ...LINES.flatMap(([shape, axis]) =>
        [0, 1, 5].flatMap((k) =>
          [true, false].flatMap((largest) => {
            if (k > (shape[axis] as number)) return [];
            return [{ name: `${k} of [${shape}] axis ${axis}`, inputs: [distinct(shape)], attrs: { k, axis, largest } }];
          }),
        ),
      ),
      { name: "whole line", inputs: [distinct([3, 65])], attrs: { k: 65, axis: 1, largest: true } },
      { name: "ties", inputs: [tied([6, 9])], attrs: { k: 4, axis: 1, largest: true }, kink: true },
      { name: "ties, smallest", inputs: [tied([6, 9])], attrs: { k: 4, axis: 1, largest: false }, kink: true },
      { name: "NaN and infinities", inputs: [NANS], attrs: { k: 2, axis: 1, largest: true }, special: true },
    ],
  },
  softmax: { tolerance: softmaxTolerance, cases: softmaxCases },
  logSoftmax: { tolerance: logSoftmaxTolerance, cases: softmaxCases },
} satisfies { readonly [K in OpName]?: OpCases<K> };
