import { expect, it } from "vitest";
import { openReference } from "../reference/index";
import { type HandRow, memoryGoldens } from "../testing/memory-goldens";
import { GOLDEN_OPS } from "./ops";
import { runGoldens } from "./run-goldens";

const row = (op: string, inputs: HandRow["inputs"], y: HandRow["outputs"], attrs: HandRow["attrs"] = {}): HandRow => ({
  op,
  attrs,
  ...(inputs && { inputs }),
  ...(y && { outputs: y }),
});
const of = (op: string, x: number[], y: number[], attrs: HandRow["attrs"] = {}) => row(op, { x }, { y }, attrs);
const { E, LN2, log, log1p, sqrt, SQRT2, SQRT1_2, tanh, exp } = Math;
const X = [
  [1, 2, 3],
  [4, 5, 9],
];
const PLANE = [
  [
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
      [13, 14, 15, 16],
    ],
  ],
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
  row("conv2d", { x: [[[[1, 2, 3]]]], w: [[[[1, 10]]]], b: [100] }, { y: [[[[121, 132]]]] }),
  row("conv2d", { x: [[[[1, 2, 3]]]], w: [[[[1, 10]]]] }, { y: [[[[21, 32, 3]]]] }, { padding: "same" }),
  row("conv2d", { x: [[[[1, 2, 3]]]], w: [[[[1, 10]]]] }, { y: [[[[10, 32]]]] }, { padding: [0, 1], stride: 2 }),
  row("linear", { x: [1, 2], w: [[3, 4]], b: [5] }, { y: [16] }),
  row(
    "max_pool2d",
    { x: PLANE },
    {
      y: [
        [
          [
            [6, 8],
            [14, 16],
          ],
        ],
      ],
      indices: [
        [
          [
            [5, 7],
            [13, 15],
          ],
        ],
      ],
    },
    { kernel_size: 2 },
  ),
  row(
    "max_pool2d",
    { x: PLANE[0] as number[][][] },
    {
      y: [
        [
          [11, 12],
          [15, 16],
        ],
      ],
    },
    { kernel: [3, 3], stride: 1 },
  ),
  row(
    "avg_pool2d",
    { x: PLANE },
    {
      y: [
        [
          [
            [3.5, 5.5],
            [11.5, 13.5],
          ],
        ],
      ],
    },
    { kernel: [2, 2], stride: [2, 2] },
  ),
  row("avg_pool2d", { x: [[[[4, 8]]]] }, { y: [[[[1, 2]]]] }, { kernel: [1, 1], divisor_override: 4 }),
  row("adaptive_avg_pool2d", { x: PLANE }, { y: [[[[8.5]]]] }, { output_size: 1 }),
  row("adaptive_max_pool2d", { x: PLANE }, { y: [[[[14, 16]]]], indices: [[[[13, 15]]]] }, { output_size: [1, 2] }),
  row(
    "batch_norm",
    { x: [[1], [3]], weight: [2], bias: [10], running_mean: [0], running_var: [1] },
    { y: [[8], [12]], running_mean: [1], running_var: [1.5] },
    { training: true, eps: 0, momentum: 0.5 },
  ),
  row("batch_norm", { x: [[3]], running_mean: [1], running_var: [4] }, { y: [[1]] }, { eps: 0 }),
  row("local_response_norm", { x: [[[2], [0]]] }, { y: [[[2 / 3], [0]]] }, { size: 2, alpha: 1, beta: 1, k: 1 }),
  row("interpolate", { x: [[[[1, 2]]]] }, { y: [[[[1, 1, 2, 2]]]] }, { size: [1, 4] }),
  row(
    "interpolate",
    { x: [[[[0, 4]]]] },
    { y: [[[[0, 1, 3, 4]]]] },
    { scale_factor: [1, 2], mode: "bilinear", align_corners: false },
  ),
  row("pad", { x: [[1, 2, 3]] }, { y: [[3, 2, 1, 2, 3, 2]] }, { pad: [2, 1], mode: "reflect" }),
  row(
    "pad",
    { x: [[1]] },
    {
      y: [
        [7, 7],
        [1, 7],
      ],
    },
    { left_right_top_bottom: [0, 1, 1, 0], value: 7 },
  ),
  row("dropout", { x: [1, 2] }, { y: [1, 2] }, { p: 0.5, training: false }),
  row("dropout", { x: [1, 2] }, { y: [0, 0] }, { p: 1, training: true }),
  { ...row("dropout", { x: [1, 2, 3] }, { y: [0, 4, 6] }, { p: 0.5 }), fedBack: { y: [1, 1, 1] }, gradients: { x: [0, 2, 2] } },
  row("dropout", { x: [1, 2, 3], mask: [1, 0, 1] }, { y: [4, 0, 12] }, { p: 0.75 }),
  row(
    "stochastic_depth",
    {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      y: [
        [0, 0],
        [6, 8],
      ],
    },
    { p: 0.5, mode: "row" },
  ),
  row(
    "stochastic_depth",
    {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    {
      y: [
        [0, 0],
        [0, 0],
      ],
    },
    { p: 0.5, mode: "batch" },
  ),
  row("cat", { x0: [1], x1: [2, 3] }, { y: [1, 2, 3] }),
  row("concat", { x0: [[1]], x1: [[2]] }, { y: [[1, 2]] }, { dim: -1 }),
  row("stack", { x0: [1], x1: [2] }, { y: [[1], [2]] }),
  {
    ...row("chunk", { x: [1, 2, 3] }, { y0: [1, 2], y1: [3] }, { chunks: 2 }),
    fedBack: { y0: [1, 2], y1: [3] },
    gradients: { x: [1, 2, 3] },
  },
  row("split", { x: [1, 2, 3] }, { y0: [1], y1: [2, 3] }, { split_size_or_sections: [1, 2] }),
  row(
    "flatten",
    {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    { y: [1, 2, 3, 4] },
  ),
  row(
    "permute",
    { x: X },
    {
      y: [
        [1, 4],
        [2, 5],
        [3, 9],
      ],
    },
    { dims: [1, 0] },
  ),
  row(
    "transpose",
    { x: X },
    {
      y: [
        [1, 4],
        [2, 5],
        [3, 9],
      ],
    },
    { dim0: 0, dim1: 1 },
  ),
  row(
    "reshape",
    { x: X },
    {
      y: [
        [1, 2],
        [3, 4],
        [5, 9],
      ],
    },
    { shape: [3, -1] },
  ),
  row(
    "expand",
    { x: [[1], [2]] },
    {
      y: [
        [1, 1],
        [2, 2],
      ],
    },
    { size: [-1, 2] },
  ),
  row("squeeze", { x: [[1, 2]] }, { y: [1, 2] }, { dim: 0 }),
  row("unsqueeze", { x: [1, 2] }, { y: [[1], [2]] }, { dim: 1 }),
  row("select", { x: X }, { y: [3, 9] }, { dim: 1, index: -1 }),
  row("select", { mask: [1, 0], a: [1, 2], b: [3, 4] }, { y: [1, 4] }),
  row("where", { condition: [1, 0], a: [1, 2], b: [3, 4] }, { y: [1, 4] }),
  row(
    "slice",
    { x: X },
    {
      y: [
        [1, 3],
        [4, 9],
      ],
    },
    { dim: 1, start: 0, end: 3, step: 2 },
  ),
  row("narrow", { x: X }, { y: [[2], [5]] }, { dim: 1, start: 1, length: 1 }),
  row(
    "clip_grad_norm",
    { g0: [3], g1: [4] },
    { g0: [3 * (1 / (5 + 1e-6))], g1: [4 * (1 / (5 + 1e-6))], total_norm: 5 },
    { max_norm: 1, norm_type: 2 },
  ),
  row("clip_grad_norm_", { x: [3, -4] }, { y: [3, -4], norm: 4 }, { max_norm: 10, norm_type: "inf" }),
  row("clip_grad_value", { x: [3, -4] }, { y: [2, -2] }, { clip_value: 2 }),
  row("ema", { average: [1], value: [2] }, { y: [1.1] }, { decay: 0.9 }),
  row("ema", { p0: [1], "p0.step1": [2], "p0.step2": [3] }, { "p0.step1": [1.5], "p0.step2": [2.25] }, { decay: 0.5 }),
  row("ema", { x0: [1], x1: [2], x2: [3] }, { y1: [1.5], y2: [2.25] }, { decay: 0.5 }),
  row(
    "optimizer",
    { p0: [1], "p0.grad1": [2], "p0.grad2": [2] },
    { "p0.step1": [0.8], "p0.step2": [0.42] },
    { kind: "SGD", lr: 0.1, momentum: 0.9 },
  ),
  row("optimizer", { p0: [1], "p0.grad1": [2] }, { "p0.step1": [0.9] }, { kind: "Adam", lr: 0.1, betas: [0.9, 0.99], eps: 0 }),
  row("optimizer", { p0: [1], "p0.grad1": [2] }, { "p0.step1": [0.85] }, { kind: "AdamW", lr: 0.1, eps: 0, weight_decay: 0.5 }),
  row("optimizer", { p0: [1], "p0.grad1": [2] }, { "p0.step1": [0.9] }, { kind: "Adagrad", lr: 0.1, eps: 0 }),
  row("optimizer", { p0: [1], "p0.grad1": [2] }, { "p0.step1": [0.8] }, { kind: "RMSprop", lr: 0.1, alpha: 0.75, eps: 0 }),
  row("optimizer", { p0: [1], "p0.grad1": [2] }, { "p0.step1": [1 - 0.2 / sqrt(1.3)] }, { kind: "RMSpropTF", lr: 0.1, eps: 0 }),
];

it.each(ROWS.map((one, i) => [`${i} ${one.op} ${JSON.stringify(one.attrs)}`, one] as const))("%s", async (_, one) => {
  const report = await runGoldens(memoryGoldens([one]), [openReference()]);
  expect(report.lacking).toEqual([]);
  expect(report.failures.map(({ message }) => message)).toEqual([]);
});

it("every op of the table has a row above", () => {
  expect(Object.keys(GOLDEN_OPS).filter((name) => !ROWS.some(({ op }) => op === name))).toEqual([]);
});
