import { cpu } from "@vertebra/backend-cpu";
import { type Device, DTYPES } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { type ConvRow, evaluate, kernelsFor } from "../testing/convolutions";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();
const host = await cpu({ threads: 1 }).open();

/** One for each kernel and way of dividing the work on the two multiprocessors of the test driver, with sizes that fill no tile. */
const CONVOLUTIONS: readonly ConvRow[] = [
  ["tiles of 128 channels", [2, 17, 13, 11], [70, 17, 3, 3], { padding: 1 }],
  ["tiles of 128 channels, planes of quads", [2, 40, 8, 6], [130, 40, 3, 3], { padding: 1 }],
  ["tiles of 64 channels, dilation", [1, 7, 11, 9], [67, 7, 2, 3], { dilation: [3, 2] }],
  ["tiles of 32 channels, stride 2", [2, 9, 25, 24], [27, 9, 3, 3], { padding: 1, stride: 2 }],
  ["tiles of 16 channels, uneven padding", [3, 5, 14, 12], [9, 5, 3, 2], { dilation: [2, 3], padding: [1, 2, 0, 3] }],
  ["slices of taps, tiles of 32 channels", [1, 130, 8, 7], [31, 130, 3, 3], { padding: 1 }],
  ["slices of taps, a few pixels", [1, 130, 3, 3], [13, 130, 3, 3], { padding: 1 }],
  ["pointwise, tiles of 128 channels", [3, 21, 6, 6], [140, 21, 1, 1], {}],
  ["pointwise, tiles of 64 channels", [3, 40, 6, 6], [40, 40, 1, 1], {}],
  ["pointwise, tiles of 32 channels", [3, 21, 10, 6], [21, 21, 1, 1], {}],
  ["pointwise, tiles of 16 channels", [3, 9, 10, 10], [13, 9, 1, 1], {}],
  ["pointwise in slices, tiles of 32 channels", [1, 300, 8, 8], [22, 300, 1, 1], {}],
  ["pointwise in slices, a few pixels", [1, 300, 4, 4], [9, 300, 1, 1], {}],
  ["pointwise with groups", [2, 24, 4, 6], [36, 8, 1, 1], { groups: 3 }],
  ["pointwise, plane of no quads", [2, 10, 7, 7], [12, 10, 1, 1], {}],
  ["pointwise, stride 2", [2, 10, 8, 8], [12, 10, 1, 1], { stride: 2 }],
  ["groups of 16", [2, 32, 9, 9], [32, 16, 3, 3], { groups: 2, padding: 1, stride: 2 }],
  ["narrow groups", [2, 12, 9, 8], [20, 3, 3, 3], { groups: 4, padding: 1 }],
  ["depthwise, stride 2", [2, 6, 11, 10], [6, 1, 5, 5], { groups: 6, padding: 2, stride: 2 }],
  ["depthwise with two filters", [1, 5, 9, 9], [10, 1, 3, 3], { groups: 5, padding: 1 }],
  ["stride over the kernel", [1, 9, 11, 11], [10, 9, 2, 2], { stride: 3 }],
  ["one long sum", [1, 700, 2, 2], [1, 700, 1, 1], {}],
  ["weight gradient by parts of the pixels", [4, 5, 33, 17], [9, 5, 3, 3], { padding: 1 }],
  ["weight gradient of one channel by parts", [2, 1, 70, 70], [1, 1, 3, 3], { padding: 1 }],
];

const TILES = ["128x64", "64x64", "32x128", "16x256", "32x32", "16x16"];
const KERNELS = [
  ...["conv2d", "conv2dPointwise"].flatMap((module) => TILES.map((tile) => `${module} tiles${tile}`)),
  ...[1, 2, 4].map((channels) => `conv2dDirect channels${channels}`),
  ...["128x64", "64x64", "32x32"].map((tile) => `conv2dWeightGrad tiles${tile}`),
  "conv2dWeightGrad sumParts",
  "conv2dWeightGradDirect columns4",
];

test("the cases below run every kernel", () => {
  const used = CONVOLUTIONS.flatMap((row) => kernelsFor(row, "f32"));
  expect([...new Set(used)].sort()).toEqual(KERNELS.map((name) => `${name}_f32`).toSorted());
});

describe.skipIf(!device)(`convolutions on ${device?.adapter ?? reason}`, () => {
  afterAll(() => Promise.all([device?.close(), host.close()]));

  test.each(CONVOLUTIONS)("%s: results and gradients are the cpu's, rounded once", async (...row) => {
    const expected = await evaluate(host, row, "f32");
    for (const dtype of ["f32", "f16", "bf16"] as const) {
      const actual = await evaluate(device as Device, row, dtype);
      const rounding = dtype === "f32" ? 0 : DTYPES[dtype].eps / 2;
      for (const [i, name] of ["y", "dx", "dw"].entries()) {
        const result = actual[i] as Float32Array;
        const wrong = (expected[i] as Float32Array).findIndex(
          (value, at) => !(Math.abs((result[at] as number) - value) <= rounding * Math.abs(value)),
        );
        expect([dtype, name, result.length, wrong]).toEqual([dtype, name, expected[i]?.length, -1]);
      }
    }
  });
});
