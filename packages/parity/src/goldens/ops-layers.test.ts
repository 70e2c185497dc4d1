import { expect, it } from "vitest";
import { openReference } from "../reference/index";
import { row } from "../testing/hand-rows";
import { type HandRow, memoryGoldens } from "../testing/memory-goldens";
import { layerOps } from "./ops-layers";
import { randomOps } from "./ops-random";
import { trainingOps } from "./ops-training";
import { runGoldens } from "./run-goldens";

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
/** What each PyTorch call gives, from its definition and worked out by hand. */
const ROWS: readonly HandRow[] = [
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
  row("pad", { x: [[1, 2, 3]] }, { y: [[0, 1, 2]] }, { pad: [1, -1] }),
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
  row(
    "optimizer",
    { p0: [1], "p0.grad1": [2] },
    { "p0.step1": [1 - 0.2 / Math.sqrt(1.3)] },
    { kind: "RMSpropTF", lr: 0.1, eps: 0 },
  ),
];

it.each(ROWS.map((one, i) => [`${i} ${one.op} ${JSON.stringify(one.attrs)}`, one] as const))("%s", async (_, one) => {
  const report = await runGoldens(memoryGoldens([one]), [openReference()]);
  expect(report.lacking).toEqual([]);
  expect(report.failures.map(({ message }) => message)).toEqual([]);
});

it("every op of the table has a row above", () => {
  expect(
    Object.keys({ ...layerOps, ...randomOps, ...trainingOps }).filter((name) => !ROWS.some(({ op }) => op === name)),
  ).toEqual([]);
});
