import { cpu } from "@vertebra/backend-cpu";
import { type Device, DTYPES, type DType } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import type { CudaOperand, Launch, Limits } from "../launch";
import { type ConvRow, evaluate, firstWrong, kernelsFor, noneWrong } from "../testing/convolutions";
import { openForTests } from "../testing/open-device";
import { conv2d as planForward } from "./conv2d";

const { device, reason } = await openForTests();
const tf32 = device && (await openForTests({ tf32: true })).device;
const host = await cpu({ threads: 1 }).open();

/** One for each kernel, on the two multiprocessors of the test driver, with whole and broken tiles, chunks and planes. */
const CONVOLUTIONS: readonly ConvRow[] = [
  ["tiles of 128 channels", [2, 16, 16, 8], [128, 16, 3, 3], { padding: 1 }],
  ["tiles of 128 channels, none of them whole", [2, 17, 13, 9], [121, 17, 3, 3], { padding: 1 }],
  ["tiles of 64 channels", [1, 24, 16, 16], [64, 24, 3, 3], { padding: 1 }],
  [
    "tiles of 64 channels, stride 2 and dilation",
    [1, 19, 33, 31],
    [61, 19, 3, 2],
    { stride: 2, dilation: [1, 3], padding: [1, 2, 3, 0] },
  ],
  ["tiles of 64 channels and pixels", [1, 40, 10, 10], [64, 40, 3, 3], {}],
  ["tiles of 32 channels", [2, 9, 13, 13], [30, 9, 5, 5], { padding: 2 }],
  ["planes by tiles of 128 channels", [2, 40, 16, 8], [128, 40, 1, 1], {}],
  ["planes by tiles of 64 channels", [1, 130, 16, 16], [64, 130, 1, 1], {}],
  ["planes by tiles of 64 channels and pixels", [2, 52, 8, 8], [61, 52, 1, 1], {}],
  ["planes by tiles of 32 channels", [3, 33, 8, 10], [24, 33, 1, 1], {}],
  ["planes of no chunks", [2, 33, 7, 7], [48, 33, 1, 1], {}],
  ["1×1, stride 2", [2, 32, 9, 9], [48, 32, 1, 1], { stride: 2 }],
  ["groups", [2, 64, 9, 9], [48, 16, 3, 3], { groups: 4, padding: 1, stride: [2, 1] }],
  ["groups of planes", [2, 72, 8, 8], [96, 24, 1, 1], { groups: 3 }],
  ["stride over the kernel", [1, 20, 13, 13], [36, 20, 2, 2], { stride: 3 }],
  ["more than 512 steps", [1, 1030, 5, 5], [16, 1030, 3, 3], {}],
  ["weight gradient by parts of the pixels", [2, 16, 50, 33], [40, 16, 3, 3], { padding: 1 }],
];

const KERNELS = [
  ...["patches", "planes"].flatMap((by) => ["128x128", "64x128", "64x64", "32x128"].map((tile) => `conv2dTensor ${by}${tile}`)),
  "conv2dTensor packWeights",
  ...["128x128", "64x64", "32x128"].map((tile) => `conv2dWeightGradTensor tiles${tile}`),
];

test.each([
  ["f16", "f16"],
  ["bf16", "bf16"],
  ["f32", "tf32"],
] as const)("the cases below run every kernel of %s", (dtype, name) => {
  const used = CONVOLUTIONS.flatMap((row) => kernelsFor(row, dtype, { tf32: true })).filter((kernel) =>
    kernel.includes("Tensor"),
  );
  expect([...new Set(used)].sort()).toEqual(KERNELS.map((kernel) => `${kernel}_${name}`).toSorted());
});

describe("the plan of a convolution for tensor cores", () => {
  /** An A100. */
  const LARGE: Limits = { multiprocessors: 108, sharedBytesPerBlock: 163 << 10, tf32: false, warpgroups: false };
  function planned(
    x: readonly number[],
    out: number,
    kernel: number,
    { dtype = "bf16" as DType, groups = 1, limits = LARGE } = {},
  ) {
    const [n, c, h, w] = x as [number, number, number, number];
    const of = (shape: readonly number[]): CudaOperand => ({ memory: { address: 0 }, shape, dtype });
    const padding = (kernel - 1) / 2;
    const attrs = { stride: [1, 1], dilation: [1, 1], groups, padding: [padding, padding, padding, padding] } as const;
    const weight = of([out, c / groups, kernel, kernel]);
    const steps = planForward([of(x), weight], [of([n, out, h, w])], attrs, limits) as readonly Launch[];
    return steps.map(({ kernel: { module, name } }) => `${module} ${name}`);
  }

  test("takes the layers of a ResNet, those of one image where there are tiles enough", () => {
    expect(planned([64, 64, 56, 56], 64, 3)).toEqual(["conv2dTensor patches64x128_bf16"]);
    expect(planned([64, 256, 56, 56], 128, 1)).toEqual(["conv2dTensor planes128x128_bf16"]);
    expect(planned([8, 512, 7, 7], 512, 3)).toEqual(["conv2dTensor patches64x64_bf16"]);
    expect(planned([1, 512, 7, 7], 512, 3)).toEqual(["conv2d tiles16x16_bf16"]);
  });

  test("takes groups from 16 channels on", () => {
    expect(planned([64, 256, 28, 28], 256, 3, { groups: 8 })[0]).toBe("conv2dTensor patches32x128_bf16");
    expect(planned([64, 128, 28, 28], 128, 3, { groups: 16 })[0]).toMatch(/^conv2d tiles/);
    expect(planned([64, 128, 28, 28], 128, 3, { groups: 128 })[0]).toMatch(/^conv2dDirect/);
  });

  test("takes f32 only where TF32 is on", () => {
    expect(planned([64, 64, 56, 56], 64, 3, { dtype: "f32" })[0]).toMatch(/^conv2d tiles/);
    const limits = { ...LARGE, tf32: true };
    expect(planned([64, 64, 56, 56], 64, 3, { dtype: "f32", limits })[0]).toMatch(/^conv2dTensor patches.*_tf32$/);
  });

  test("leaves sums of more than 512 steps to tiles that have totals", () => {
    expect(planned([64, 1024, 28, 28], 1024, 3)).toEqual(["conv2dTensor patches64x64_bf16"]);
  });
});

describe.skipIf(!device)(`convolutions by tensor cores on ${device?.adapter ?? reason}`, () => {
  afterAll(() => Promise.all([device?.close(), tf32?.close(), host.close()]));

  test.each(CONVOLUTIONS)("%s: results and gradients are the cpu's, rounded once", async (...row) => {
    const expected = await evaluate(host, row, "f32");
    for (const dtype of ["f16", "bf16", "f32"] as const) {
      const actual = await evaluate((dtype === "f32" ? tf32 : device) as Device, row, dtype);
      // Whole numbers as small as these are exact in TF32.
      const rounding = dtype === "f32" ? 0 : DTYPES[dtype].eps / 2;
      expect([dtype, ...firstWrong(expected, actual, rounding)]).toEqual([dtype, ...noneWrong(expected)]);
    }
  });
});
