import type { ElementwiseName, Params, Shape } from "@vertebra/core";
import { elementwiseTolerances } from "./elementwise-bounds";
import { between, bools, given, integers, normal, normalAwayFrom, tied } from "./inputs";
import type { CaseInput, Cases, OpCase, OpCases } from "./types";

const { NaN: NAN, POSITIVE_INFINITY: INF, NEGATIVE_INFINITY: NEG_INF } = Number;

/** Smallest legal, sizes around tiles, ranks, nothing, and one large. */
const SHAPES: readonly Shape[] = [
  [],
  [1],
  [7],
  [8],
  [9],
  [63],
  [64],
  [65],
  [2, 3],
  [2, 0, 3],
  [2, 3, 4, 5],
  [3, 5, 7, 1, 2],
  [4, 16, 33, 17],
];
const EDGES = [0, -0, 1, -1, 0.5, INF, NEG_INF, NAN, 1e30, -1e30, 1e-30, 100, -100, 3, -3, 6];

interface Row {
  /** What the arguments are drawn from. Default: normal numbers, twice as wide. */
  readonly arguments?: readonly ((shape: Shape) => CaseInput)[];
  /** Where the derivative jumps. */
  readonly kinks?: readonly number[];
  /** Sets of numbers to try. Default: none needed. */
  readonly params?: readonly Params[];
  /** Also for i32. */
  readonly takesIntegers?: true;
  /** Arguments of the special case; none where the edges are not defined. */
  readonly special?: readonly (readonly number[])[] | null;
}

const wide = (shape: Shape) => normal(shape, { scale: 2 });
const positive = (shape: Shape) => between(shape, 0.05, 4);

function unary(name: ElementwiseName, row: Row = {}): Cases<Params> {
  const { kinks = [], special = [EDGES], params = [{}] } = row;
  const make = row.arguments?.[0] ?? ((shape: Shape) => normalAwayFrom(shape, kinks, 2));
  const cases: OpCase<Params>[] = params.flatMap((attrs) =>
    SHAPES.map((shape) => ({ name: `${label(shape)}${label(attrs)}`, inputs: [make(shape)], attrs })),
  );
  const attrs = params[0] as Params;
  if (special) cases.push({ name: "edges", inputs: special.map((values) => given(values)), attrs, special: true, kink: true });
  if (kinks.length > 0) cases.push({ name: "kinks", inputs: [given(kinks)], attrs, kink: true });
  if (row.takesIntegers) cases.push({ name: "integers", inputs: [integers([65])], attrs });
  return { tolerance: elementwiseTolerances[name], cases };
}

const BROADCASTS: readonly (readonly [Shape, Shape])[] = [
  ...SHAPES.map((shape): [Shape, Shape] => [shape, shape]),
  [[2, 3, 4], [4]],
  [[2, 3, 4], []],
  [[], [5]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 1, 4, 1],
    [3, 1, 5],
  ],
  [
    [2, 8, 5, 5],
    [8, 1, 1],
  ],
  [
    [2, 8, 5, 5],
    [2, 8, 1, 1],
  ],
  [[65], [1]],
  [
    [0, 3],
    [1, 3],
  ],
];

function binary(name: ElementwiseName, row: Row = {}): Cases<Params> {
  const { special = pairs(EDGES), params = [{}] } = row;
  const [makeA = wide, makeB = makeA] = row.arguments ?? [];
  const cases: OpCase<Params>[] = params.flatMap((attrs) =>
    BROADCASTS.map(([a, b]) => ({ name: `${label(a)} ${label(b)}${label(attrs)}`, inputs: [makeA(a), makeB(b)], attrs })),
  );
  const attrs = params[0] as Params;
  if (special) cases.push({ name: "edges", inputs: special.map((values) => given(values)), attrs, special: true, kink: true });
  cases.push({ name: "ties", inputs: [tied([65]), tied([65])], attrs, kink: true });
  if (row.takesIntegers) cases.push({ name: "integers", inputs: [integers([3, 21]), integers([21])], attrs });
  return { tolerance: elementwiseTolerances[name], cases };
}

/** Every edge with every other. */
const pairs = (edges: readonly number[]): number[][] => [edges.flatMap((a) => edges.map(() => a)), edges.flatMap(() => edges)];
const label = (value: Shape | Params): string =>
  Array.isArray(value)
    ? `[${value.join(",")}]`
    : Object.entries(value)
        .map(([key, number]) => ` ${key} ${number}`)
        .join("");

/** dy · f'(x) at the edges of x; infinite times zero is left out where the formula decides what it gives. */
const gradEdges = [
  [NAN, 0, 1, -1, 3, -3, 6, 0.5],
  [2, 2, 2, 2, 2, 2, 2, 2],
];
/** Base and exponent where C's pow is defined for all. */
const POWERS = pairs([0, 1, -1, 2, 0.5, INF, NEG_INF, NAN, -3]);
const slopes = [{ negativeSlope: 0.25 }, { negativeSlope: 0.01 }];
const softplusParams = [
  { beta: 1, threshold: 20 },
  { beta: 2.5, threshold: 2 },
];
const bounds = [
  { min: -0.75, max: 1.5 },
  { min: NEG_INF, max: 0.5 },
  { min: 0, max: INF },
];

export const elementwiseCases = {
  neg: unary("neg", { takesIntegers: true }),
  abs: unary("abs", { takesIntegers: true, kinks: [0] }),
  sign: unary("sign", { takesIntegers: true }),
  floor: unary("floor"),
  isNan: unary("isNan"),
  exp: unary("exp"),
  log: unary("log", { arguments: [positive] }),
  sqrt: unary("sqrt", { arguments: [positive] }),
  rsqrt: unary("rsqrt", { arguments: [positive] }),
  erf: unary("erf"),
  tanh: unary("tanh"),
  sigmoid: unary("sigmoid"),
  relu: unary("relu", { kinks: [0] }),
  relu6: unary("relu6", { kinks: [0, 6] }),
  leakyRelu: unary("leakyRelu", { kinks: [0], params: slopes }),
  elu: unary("elu", { kinks: [0], params: [{ alpha: 1 }, { alpha: 1.75 }] }),
  softplus: unary("softplus", { kinks: [0.8], params: softplusParams }),
  silu: unary("silu"),
  mish: unary("mish"),
  gelu: unary("gelu"),
  geluTanh: unary("geluTanh"),
  hardsigmoid: unary("hardsigmoid", { kinks: [-3, 3] }),
  hardswish: unary("hardswish", { kinks: [-3, 3] }),
  clamp: unary("clamp", { kinks: [-0.75, 1.5, 0.5, 0], params: bounds }),
  add: binary("add", { takesIntegers: true }),
  sub: binary("sub", { takesIntegers: true }),
  mul: binary("mul", { takesIntegers: true }),
  div: binary("div", { arguments: [wide, positive] }),
  pow: binary("pow", { arguments: [(shape) => between(shape, 0.3, 4), (shape) => between(shape, -2, 3)], special: POWERS }),
  maximum: binary("maximum", { takesIntegers: true }),
  minimum: binary("minimum", { takesIntegers: true }),
  equal: binary("equal", { takesIntegers: true }),
  notEqual: binary("notEqual", { takesIntegers: true }),
  greater: binary("greater", { takesIntegers: true }),
  greaterEqual: binary("greaterEqual", { takesIntegers: true }),
  less: binary("less", { takesIntegers: true }),
  lessEqual: binary("lessEqual", { takesIntegers: true }),
  reluGrad: binary("reluGrad", { special: gradEdges }),
  relu6Grad: binary("relu6Grad", { special: gradEdges }),
  leakyReluGrad: binary("leakyReluGrad", { special: gradEdges, params: slopes }),
  eluGrad: binary("eluGrad", { special: gradEdges, params: [{ alpha: 1 }, { alpha: 1.75 }] }),
  sigmoidGrad: binary("sigmoidGrad", { arguments: [(shape) => between(shape, 0, 1), wide], special: gradEdges }),
  tanhGrad: binary("tanhGrad", { arguments: [(shape) => between(shape, -1, 1), wide], special: gradEdges }),
  softplusGrad: binary("softplusGrad", { special: gradEdges, params: softplusParams }),
  siluGrad: binary("siluGrad", { special: gradEdges }),
  mishGrad: binary("mishGrad", { special: gradEdges }),
  geluGrad: binary("geluGrad", { special: gradEdges }),
  geluTanhGrad: binary("geluTanhGrad", { special: gradEdges }),
  hardsigmoidGrad: binary("hardsigmoidGrad", { special: gradEdges }),
  hardswishGrad: binary("hardswishGrad", { special: gradEdges }),
  clampGrad: binary("clampGrad", { special: gradEdges, params: bounds }),
  where: {
    tolerance: elementwiseTolerances.where,
    cases: [
      ...BROADCASTS.map(([a, b]) => ({ name: `${label(a)} ${label(b)}`, inputs: [bools(a), wide(a), wide(b)], attrs: {} })),
      {
        name: "NaN in the branch not taken",
        inputs: [given([1, 0], [2], "bool"), given([1, NAN]), given([NAN, 2])],
        attrs: {},
        special: true,
      },
      { name: "condition broadcast", inputs: [bools([3, 1]), wide([2, 1, 4]), wide([])], attrs: {} },
      { name: "integers", inputs: [bools([65]), integers([65]), integers([1])], attrs: {} },
    ],
  },
} satisfies { readonly [K in ElementwiseName]: OpCases<K> };
