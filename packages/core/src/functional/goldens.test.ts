import { readFileSync } from "node:fs";
import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { mul } from "../ops/binary";
import { type ReduceOptions, sum } from "../ops/sum";
import { scope } from "../scope";
import { countElements, type Pair, type Shape } from "../shape";
import { type Tensor, tensor } from "../tensor";
import { adaptiveAvgPool2d, adaptiveMaxPool2d } from "./adaptivePool2d";
import { amin } from "./amin";
import { avgPool2d } from "./avgPool2d";
import { batchNorm } from "./batchNorm";
import { bceWithLogits } from "./bceWithLogits";
import { crossEntropy } from "./crossEntropy";
import { interpolate } from "./interpolate";
import { localResponseNorm } from "./localResponseNorm";
import { logSumExp } from "./logSumExp";
import { max, min } from "./max";
import { maxPool2d } from "./maxPool2d";
import { mseLoss } from "./mseLoss";
import { nllLoss } from "./nllLoss";
import { norm } from "./norm";
import type { Reduction } from "./reduction";
import { std, variance } from "./variance";

/** Each function's own options, and what stands for its other tensors. */
interface Attrs {
  readonly kernel: Pair;
  readonly size: never;
  readonly axis: number;
  readonly axes: readonly number[] | null;
  readonly p: string;
  readonly keepDims: boolean;
  readonly correction: number;
  readonly reduction: Reduction;
  readonly soft?: readonly number[];
  readonly target?: readonly number[];
  readonly weighted?: boolean;
}

interface Row {
  readonly op: string;
  readonly shapes: readonly Shape[];
  readonly attrs: Attrs;
  readonly shape: Shape;
  readonly y: readonly (number | string)[];
  readonly grads?: readonly (readonly (number | string)[] | null)[];
  readonly running?: readonly [readonly number[], readonly number[]];
}

const rows: Row[] = JSON.parse(readFileSync(new URL("../../goldens/functional.json", import.meta.url), "utf8"));
const device = openReference();

/** Half a unit of the seven digits in the file. */
const GOLDEN_ERROR = 6e-7;

/** The pattern of goldens/make_functional.py. */
const values = (shape: Shape, seed: number): number[] =>
  Array.from({ length: countElements(shape) }, (_, i) => (((i * 37 + seed * 101) % 211) - 105) / 64);
const pattern = (shape: Shape, seed: number): Tensor => tensor(values(shape, seed), { shape, device });

const axesOf = ({ axes, keepDims = false }: Attrs): ReduceOptions => (axes === null ? { keepDims } : { axes, keepDims });
const softOf = (attrs: Attrs, x: Tensor): Tensor => tensor(attrs.soft as number[], { shape: x.shape, device });
const indicesOf = (attrs: Attrs): Tensor => tensor(attrs.target as number[], { dtype: "i32", device });
/** 0.5 + |pattern|, as the script weighs classes. */
const classWeights = (classes: number): Tensor =>
  tensor(
    values([5], 3)
      .slice(0, classes)
      .map((v) => Math.abs(v) + 0.5),
    { device },
  );
const magnitudes = (shape: Shape, seed: number): Tensor => tensor(values(shape, seed).map(Math.abs), { shape, device });

const FUNCTIONS: Readonly<Record<string, (x: Tensor, attrs: Attrs, rest: readonly Tensor[]) => Tensor>> = {
  maxPool2d: (x, attrs) => maxPool2d(x, attrs),
  avgPool2d: (x, attrs) => avgPool2d(x, attrs),
  adaptiveAvgPool2d: (x, { size }) => adaptiveAvgPool2d(x, size),
  adaptiveMaxPool2d: (x, { size }) => adaptiveMaxPool2d(x, size),
  localResponseNorm: (x, attrs) => localResponseNorm(x, attrs),
  crossEntropy: (x, attrs) => {
    const target = attrs.soft ? softOf(attrs, x) : indicesOf(attrs);
    return crossEntropy(x, target, { ...attrs, weight: attrs.weighted ? classWeights(x.shape[1]!) : null });
  },
  nllLoss: (x, attrs) => nllLoss(x, indicesOf(attrs), { weight: classWeights(5) }),
  bceWithLogits: (x, attrs) => {
    const weights = attrs.weighted ? { weight: magnitudes([3, 4], 4), posWeight: magnitudes([4], 3) } : {};
    return bceWithLogits(x, softOf(attrs, x), { ...attrs, ...weights });
  },
  mseLoss: (x, attrs) => mseLoss(x, softOf(attrs, x), attrs),
  amin: (x, attrs) => amin(x, axesOf(attrs)),
  logSumExp: (x, attrs) => logSumExp(x, axesOf(attrs)),
  variance: (x, attrs) => variance(x, { correction: attrs.correction, ...axesOf(attrs) }),
  std: (x, attrs) => std(x, axesOf(attrs)),
  norm: (x, attrs) => norm(x, { p: toNumber(attrs.p), ...axesOf(attrs) }),
  max: (x, { axis }) => max(x, axis).values,
  min: (x, { axis }) => min(x, axis).values,
  interpolate: (x, attrs) => interpolate(x, attrs),
};

const toNumber = (value: number | string): number => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : Number(value));

describe("compositions give PyTorch's values and gradients", () => {
  const known = rows.filter(({ op }) => op !== "batchNorm");
  test.each(known.map((row) => ({ row, name: `${row.op} ${JSON.stringify(row.attrs)} of ${JSON.stringify(row.shapes[0])}` })))(
    "$name",
    async ({ row }) => {
      using _ = scope();
      const leaves = row.shapes.map((shape, i) => requireGrad(pattern(shape, i)));
      const y = FUNCTIONS[row.op]!(leaves[0]!, row.attrs, leaves.slice(1));
      await expectRow(row, leaves, y);
    },
  );
});

describe("batch norm", () => {
  test.each(rows.filter(({ op }) => op === "batchNorm"))("as PyTorch, training $attrs.training, statistics too", async (row) => {
    using _ = scope();
    const leaves = row.shapes.map((shape, i) => requireGrad(pattern(shape, i)));
    const [x, weight, bias] = leaves as [Tensor, Tensor, Tensor];
    const runningMean = pattern([3], 3);
    const runningVar = tensor(
      values([3], 4).map((v) => Math.abs(v) + 1),
      { device },
    );
    await expectRow(row, leaves, batchNorm(x, { ...row.attrs, weight, bias, runningMean, runningVar }));
    expectClose(await runningMean.data(), row.running![0]);
    expectClose(await runningVar.data(), row.running![1]);
  });
});

async function expectRow(row: Row, leaves: readonly Tensor[], y: Tensor): Promise<void> {
  expect(y.shape).toEqual(row.shape);
  expectClose(await y.data(), row.y);
  if (!row.grads) return;
  const grads = y.requiresGrad ? backward(sum(mul(y, pattern(y.shape, 7)))) : undefined;
  for (const [i, golden] of row.grads.entries()) {
    const ours = grads?.get(leaves[i]!);
    // A gradient that PyTorch makes of zeros may be absent here.
    if (golden && ours) expectClose(await ours.data(), golden);
    else expect(golden?.every((value) => value === 0) ?? true).toBe(true);
  }
}

function expectClose(ours: ArrayLike<number>, golden: readonly (number | string)[]): void {
  const wanted = golden.map(toNumber);
  const largest = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs));
  const wrong = wanted.flatMap((value, i) => {
    const isEqual = Object.is(value, ours[i]) || Math.abs(value - ours[i]!) <= GOLDEN_ERROR * largest;
    return isEqual ? [] : [`[${i}] ${ours[i]} instead of ${value}`];
  });
  expect(wrong).toEqual([]);
  expect(ours.length).toBe(wanted.length);
}
