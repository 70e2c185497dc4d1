import { ELEMENTWISE, type ElementwiseName } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { KINDS, onBothThreadCounts } from "../testing/both-threads";
import { type Params, REFERENCES, VALUES } from "../testing/elementwise-reference";
import { build, countOf, elementAt } from "../testing/indexing";
import { smallInts } from "../testing/reductions";
import { blank, blankInts, type HostTensor, randomFloats, worstError } from "../testing/run-plan";
import { elementwise } from "./elementwise";

const run = onBothThreadCounts();

type Shape = readonly number[];
type Reduced = keyof typeof REFERENCES;

const blankBytes = (shape: Shape): HostTensor => ({ shape, data: new Uint8Array(countOf(shape)).fill(77), dtype: "bool" });
const isTest = (name: string) => /^(isNan|equal|notEqual|greater|less)/.test(name);

function call(name: ElementwiseName, inputs: readonly HostTensor[], output: HostTensor, attrs: Params = {}) {
  return run(elementwise[name], { inputs, outputs: [output], attrs })[0]!.data;
}

const flat = (values: Iterable<number>): HostTensor => {
  const data = Float32Array.from(values);
  return { shape: [data.length], data };
};

const ROWS = (Object.keys(REFERENCES) as Reduced[]).flatMap((name) =>
  (REFERENCES[name].params ?? [{}]).map((params) => ({ name, params })),
);

describe("elementwise", () => {
  it.each(ROWS)("$name($params) is what f64 says, up to its error bound", ({ name, params }) => {
    const { f, error, needsFiniteB = false } = REFERENCES[name];
    const isUnary = ELEMENTWISE[name].inputs.length === 1;
    // Each kind of number with each, and random ones of a usual and of a wide range.
    const second = needsFiniteB ? VALUES.filter(Number.isFinite) : VALUES;
    const pairs = VALUES.flatMap((a) => second.map((b) => [a, b] as const));
    const random = [3, 30].map((size) => [1, 2].map((seed) => randomFloats([4000], seed, [-size, size]).data));
    const a = flat([...pairs.map(([first]) => first), ...random.flatMap(([first]) => [...first!])]);
    const b = flat([...pairs.map(([, second]) => second), ...random.flatMap(([, second]) => [...second!])]);
    const output = isTest(name) ? blankBytes(a.shape) : blank(a.shape);

    const ours = call(name, isUnary ? [a] : [a, b], output, params);

    const wanted = Float64Array.from(a.data, (x, i) => toSingleRange(f(x, b.data[i]!, params)));
    const bound = (y: number, i: number) => error(y, a.data[i]!, b.data[i]!, params);
    const worst = worstError(ours as Float32Array, wanted, bound);
    expect(worst, worst > 1 ? firstWorse(ours, wanted, bound, [a, b]) : "").toBeLessThanOrEqual(1);
  });

  const INT_ROWS = { neg: 1, abs: 1, sign: 1, add: 2, sub: 2, mul: 2, maximum: 2, minimum: 2 } as const;
  it.each(Object.keys(INT_ROWS) as (keyof typeof INT_ROWS)[])("%s of i32 wraps around", (name) => {
    const edges = [0, 1, -1, 7, -13, 70000, 2 ** 31 - 1, -(2 ** 31)];
    const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));
    const [a, b] = split(pairs);
    const wanted = Int32Array.from(pairs, ([x, y]) => (name === "mul" ? Math.imul(x, y) : REFERENCES[name].f(x, y, {})));
    expect(call(name, [a, b].slice(0, INT_ROWS[name]), blankInts([64]))).toEqual(wanted);
  });

  it.each(["equal", "notEqual", "greater", "greaterEqual", "less", "lessEqual"] as const)(
    "%s of i32 compares all bits",
    (name) => {
      // Neighbours that f32 doesn't tell apart.
      const edges = [16777216, 16777217, -16777217, 0, 2 ** 31 - 1, 2 ** 31 - 2];
      const pairs = edges.flatMap((a) => edges.map((b) => [a, b] as const));
      const [a, b] = split(pairs);
      expect(call(name, [a, b], blankBytes([36]))).toEqual(Uint8Array.from(pairs, ([x, y]) => REFERENCES[name].f(x, y, {})));
    },
  );

  const BROADCASTS: readonly (readonly [a: Shape, b: Shape, y: Shape])[] = [
    [[], [], []],
    [[], [5], [5]],
    [[5], [], [5]],
    [[1], [1], [1]],
    [[7], [1], [7]],
    [
      [3, 1],
      [1, 5],
      [3, 5],
    ],
    [
      [1, 5],
      [3, 1],
      [3, 5],
    ],
    [
      [2, 3, 8, 9],
      [3, 1, 1],
      [2, 3, 8, 9],
    ],
    [
      [3, 1, 1],
      [2, 3, 8, 9],
      [2, 3, 8, 9],
    ],
    [[63, 65], [65], [63, 65]],
    [
      [63, 65],
      [63, 1],
      [63, 65],
    ],
    [
      [4, 1, 6],
      [1, 5, 1],
      [4, 5, 6],
    ],
    [
      [1, 2, 1, 2, 1, 2],
      [2, 1, 2, 1, 2, 1],
      [2, 2, 2, 2, 2, 2],
    ],
    [
      [2, 1, 3, 1, 4],
      [5, 3, 1, 1],
      [2, 5, 3, 1, 4],
    ],
    [
      [64, 8, 127],
      [8, 1],
      [64, 8, 127],
    ],
    [[70001], [], [70001]],
    [
      [300, 1],
      [1, 300],
      [300, 300],
    ],
    [[0, 3], [3], [0, 3]],
  ];

  it.each(BROADCASTS)("broadcasts %j and %j", (aShape, bShape, shape) => {
    const [a, b] = [randomFloats(aShape, 1), randomFloats(bShape, 2)];
    const wanted = (f: (x: number, y: number) => number, like: HostTensor) =>
      build(shape, like, (index) => f(elementAt(a, index), elementAt(b, index))).data;
    expect(call("sub", [a, b], blank(shape))).toEqual(wanted((x, y) => x - y, a));
    expect(call("less", [a, b], blankBytes(shape))).toEqual(wanted((x, y) => (x < y ? 1 : 0), blankBytes([])));
    const [ints, others] = [smallInts(aShape), smallInts(bShape)];
    const differences = build(shape, ints, (index) => elementAt(ints, index) - elementAt(others, index));
    expect(call("sub", [ints, others], blankInts(shape))).toEqual(differences.data);
  });

  const CHOICES: readonly (readonly [condition: Shape, a: Shape, b: Shape, y: Shape])[] = [
    [[], [], [], []],
    [[9], [9], [9], [9]],
    [[65], [], [65], [65]],
    [[65], [65], [], [65]],
    [[], [65], [65], [65]],
    [
      [3, 1],
      [1, 4],
      [2, 1, 1],
      [2, 3, 4],
    ],
    [
      [1, 5],
      [4, 1],
      [4, 5],
      [4, 5],
    ],
    [[40001], [40001], [1], [40001]],
  ];

  describe.each(KINDS)("where of $name", ({ tensor }) => {
    it.each(CHOICES)("chooses by %j between %j and %j", (conditionShape, aShape, bShape, shape) => {
      const condition = {
        shape: conditionShape,
        data: Uint8Array.from(randomFloats(conditionShape, 4).data, (x) => (x > 0 ? 1 : 0)),
        dtype: "bool" as const,
      };
      const [a, b] = [tensor(aShape), tensor(bShape, 200)];
      const wanted = build(shape, a, (index) => elementAt(elementAt(condition, index) ? a : b, index));
      expect(call("where", [condition, a, b], tensor(shape, 0))).toEqual(wanted.data);
    });
  });

  it("names toDtype for a dtype that a row doesn't take", () => {
    const x = { shape: [1], data: Uint8Array.of(1) };
    expect(() => call("exp", [x], blank([1]))).toThrow(
      'exp: arguments must be f32 on the cpu, got u8. Convert with toDtype("f32")',
    );
  });
});

/** The first and the second numbers of `pairs`, as i32. */
function split(pairs: readonly (readonly [number, number])[]): [HostTensor, HostTensor] {
  const part = (k: 0 | 1) => ({ shape: [pairs.length], data: Int32Array.from(pairs, (pair) => pair[k]) });
  return [part(0), part(1)];
}

/** What rounds to infinity in f32 is infinite. */
const toSingleRange = (y: number) =>
  Math.abs(Math.fround(y)) === Number.POSITIVE_INFINITY ? Math.sign(y) * Number.POSITIVE_INFINITY : y;

function firstWorse(
  ours: ArrayLike<number>,
  wanted: Float64Array,
  bound: (y: number, i: number) => number,
  inputs: readonly HostTensor[],
): string {
  const errors = Array.from(wanted, (y, i) => worstError([ours[i]!], [y], () => bound(y, i)));
  const at = errors.indexOf(Math.max(...errors));
  return `at ${inputs.map(({ data }) => data[at])}: ${ours[at]} instead of ${wanted[at]}`;
}
