import { expect, it } from "vitest";
import { openReference } from "../reference/index";
import { row } from "../testing/hand-rows";
import { type HandRow, memoryGoldens } from "../testing/memory-goldens";
import { mathOps } from "./ops-math";
import { runGoldens } from "./run-goldens";

const of = (op: string, x: number[], y: number[], attrs: HandRow["attrs"] = {}) => row(op, { x }, { y }, attrs);
const { E, LN2, log, log1p, sqrt, SQRT2, SQRT1_2, tanh, exp } = Math;
const X = [
  [1, 2, 3],
  [4, 5, 9],
];
const ERF_1 = 0.8427007929497149;
const sigmoid = (x: number) => 1 / (1 + exp(-x));

/** What each PyTorch call gives, from its definition and worked out by hand. */
const ROWS: readonly HandRow[] = [
  of("abs", [-2, 3], [2, 3]),
  of("neg", [-2, 3], [2, -3]),
  of("sign", [-2, 0], [-1, 0]),
  of("floor", [-1.5, 1.5], [-2, 1]),
  of("exp", [0, 1], [1, E]),
  of("log", [1, E], [0, 1]),
  of("sqrt", [4, 2], [2, SQRT2]),
  of("rsqrt", [4, 2], [0.5, SQRT1_2]),
  of("square", [3], [9]),
  of("reciprocal", [4], [0.25]),
  of("erf", [0, 1], [0, ERF_1]),
  of("tanh", [0, 1], [0, tanh(1)]),
  of("sigmoid", [0, 1], [0.5, sigmoid(1)]),
  of("relu", [-1, 2], [0, 2], { inplace: false }),
  of("relu6", [-1, 7], [0, 6]),
  of("silu", [1], [sigmoid(1)]),
  of("mish", [1], [tanh(log1p(E))]),
  of("hardsigmoid", [-4, 0, 1.5], [0, 0.5, 0.75]),
  of("hardswish", [-4, 1.5, 4], [0, 1.125, 4]),
  of("gelu", [SQRT2], [SQRT2 * 0.5 * (1 + ERF_1)]),
  of("gelu", [1], [0.5 * (1 + tanh(sqrt(2 / Math.PI) * 1.044715))], { approximate: "tanh" }),
  of("gelu_tanh", [1], [0.5 * (1 + tanh(sqrt(2 / Math.PI) * 1.044715))]),
  of("leaky_relu", [-2, 3], [-0.02, 3]),
  of("leaky_relu", [-2, 3], [-0.5, 3], { negative_slope: 0.25 }),
  of("elu", [-1, 2], [2 * (1 / E - 1), 2], { alpha: 2 }),
  of("softplus", [1], [log1p(exp(2)) / 2], { beta: 2 }),
  of("softplus", [3], [3], { threshold: 2 }),
  of("clamp", [-2, 0, 2], [-1, 0, 1], { min: -1, max: 1 }),
  of("clamp", [-2, 2], [-2, 1], { min: null, max: 1 }),
  row("clamp", { x: [-2, 0, 2], min: [-1, 1, 0], max: [3, 3, 1] }, { y: [-1, 1, 1] }),
  of("hardtanh", [-2, 2], [-1, 0.5], { min_val: -1, max_val: 0.5 }),
  row("softmax", { x: [[0, LN2]] }, { y: [[1 / 3, 2 / 3]] }, { dim: -1 }),
  row("log_softmax", { x: [[0], [LN2]] }, { y: [[-log(3)], [log(2 / 3)]] }, { dim: 0 }),
  row(
    "add",
    { a: [1, 2], b: [[10], [20]] },
    {
      y: [
        [11, 12],
        [21, 22],
      ],
    },
  ),
  row("add", { a: [1], b: [2] }, { y: [7] }, { alpha: 3 }),
  row("add", { a: [1] }, { y: [3] }, { other: 2 }),
  row("sub", { a: [1], b: [2] }, { y: [-1] }),
  row("mul", { a: [3], b: [2] }, { y: [6] }),
  row("div", { a: [3], b: [2] }, { y: [1.5] }),
  row("div", { a: [-3], b: [2] }, { y: [-2] }, { rounding_mode: "floor" }),
  row("pow", { x: [3] }, { y: [9] }, { exponent: 2 }),
  row("pow", { a: [2], b: [3] }, { y: [8] }),
  row("maximum", { a: [1, 5], b: [3, 2] }, { y: [3, 5] }),
  row("minimum", { a: [1, 5], b: [3, 2] }, { y: [1, 2] }),
  ...(["eq", "ne", "gt", "ge", "lt", "le"] as const).map((op, i) =>
    row(
      op,
      { a: [1, 2, 3], b: [2, 2, 2] },
      {
        y: [
          [0, 1, 0],
          [1, 0, 1],
          [0, 0, 1],
          [0, 1, 1],
          [1, 0, 0],
          [1, 1, 0],
        ][i] as number[],
      },
    ),
  ),
  row("max", { x: X }, { y: 9 }),
  row("max", { x: X }, { values: [4, 5, 9], indices: [1, 1, 1] }, { dim: 0 }),
  row("max", { x: X, b: X }, { y: X }),
  row("max", { x: X }, { y: [3, 9] }, { dim: [1] }),
  row("max", { x: X }, { y: [3, 9], indices: [2, 2] }, { dim: [1] }),
  row("min", { x: X }, { values: [[1], [4]], indices: [[0], [0]] }, { dim: 1, keepdim: true }),
  row("argmax", { x: X }, { y: 5 }),
  row("argmax", { x: X }, { y: [[2], [2]] }, { dim: 1, keepdim: true }),
  row("argmin", { x: X }, { y: [0, 0, 0] }, { dim: 0 }),
  row(
    "topk",
    { x: X },
    {
      values: [
        [3, 2],
        [9, 5],
      ],
      indices: [
        [2, 1],
        [2, 1],
      ],
    },
    { k: 2, sorted: true },
  ),
  row("topk", { x: X }, { values: [[1, 2, 3]], indices: [[0, 0, 0]] }, { k: 1, dim: 0, largest: false }),
  row("sum", { x: X }, { y: 24 }),
  row("sum", { x: X }, { y: [[6], [18]] }, { dim: [1], keepdim: true }),
  row("mean", { x: X }, { y: [2, 6] }, { dim: 1 }),
  row("prod", { x: X }, { y: [4, 10, 27] }, { dim: 0 }),
  row("amax", { x: X }, { y: [4, 5, 9] }, { dim: 0 }),
  row("amin", { x: X }, { y: 1 }, { dim: [0, 1] }),
  row(
    "logsumexp",
    {
      x: [
        [0, 0],
        [LN2, 0],
      ],
    },
    { y: [LN2, log(3)] },
    { dim: 1 },
  ),
  row("var", { x: X }, { y: [1, 7] }, { dim: 1 }),
  row("var", { x: X }, { y: [2 / 3, 14 / 3] }, { dim: 1, unbiased: false }),
  row("var", { x: X }, { y: [2, 14] }, { dim: 1, correction: 2 }),
  row("std", { x: X }, { y: [1, sqrt(7)] }, { dim: 1 }),
  row("norm", { x: [3, -4] }, { y: 5 }),
  row("norm", { x: [3, -4] }, { y: 7 }, { p: 1, dim: 0 }),
  row("norm", { x: [3, -4] }, { y: 4 }, { p: "inf" }),
  row("norm", { x: [3, -4] }, { y: 5 }, { p: "fro" }),
  row("matmul", { a: X, b: [1, 1, 1] }, { y: [6, 18] }),
  row("mm", { a: [[1, 2]], b: [[3], [4]] }, { y: [[11]] }),
  row("bmm", { a: [[[1, 2]]], b: [[[3], [4]]] }, { y: [[[11]]] }),
  {
    op: "cross_entropy",
    inputs: {
      x: [
        [0, LN2],
        [0, 0],
      ],
    },
    indices: { target: [1, 0] },
    outputs: { y: (log(1.5) + LN2) / 2 },
  },
  {
    op: "cross_entropy",
    attrs: { ignore_index: 0, reduction: "sum" },
    inputs: {
      x: [
        [0, LN2],
        [0, 0],
      ],
    },
    indices: { target: [1, 0] },
    outputs: { y: log(1.5) },
  },
  row("cross_entropy", { x: [[0, 0]], target: [[0.5, 0.5]] }, { y: LN2 }),
  {
    op: "nll_loss",
    attrs: { reduction: "none" },
    inputs: {
      x: [
        [-1, -2],
        [-3, -4],
      ],
      weight: [1, 10],
    },
    indices: { target: [1, 0] },
    outputs: { y: [20, 3] },
  },
  row("mse_loss", { x: [1, 2], target: [3, 2] }, { y: 2 }),
  row("binary_cross_entropy_with_logits", { x: [0, 0], target: [1, 0], pos_weight: [3, 3] }, { y: 2 * LN2 }),
];

it.each(ROWS.map((one, i) => [`${i} ${one.op} ${JSON.stringify(one.attrs)}`, one] as const))("%s", async (_, one) => {
  const report = await runGoldens(memoryGoldens([one]), [openReference()]);
  expect(report.lacking).toEqual([]);
  expect(report.failures.map(({ message }) => message)).toEqual([]);
});

it("every op of the table has a row above", () => {
  expect(Object.keys(mathOps).filter((name) => !ROWS.some(({ op }) => op === name))).toEqual([]);
});
