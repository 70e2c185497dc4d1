import { cpu } from "@vertebra/backend-cpu";
import { type Device, DTYPES, type DType, type MatmulAttrs, matmul, type Shape, tensor } from "@vertebra/core";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import type { Launch, Limits } from "../launch";
import { type ConvRow, evaluate, firstWrong, kernelsFor, noneWrong } from "../testing/convolutions";
import { openForTests } from "../testing/open-device";
import { integers, operandOf, PLAIN, productOf, shapesOf, TRANSPOSES } from "../testing/products";
import { matmul as planOf } from "./matmul";

process.env.VERTEBRA_CUDA_HOST_CAPABILITY = "9.0";
const { device: opened, reason } = await openForTests();
const device = opened as Device;
const why = reason ?? (opened?.adapter.endsWith("9.0") ? "" : "(only GPUs of compute capability 9.0 have them)");
const host = await cpu({ threads: 1 }).open();

const DTYPES_OF_16_BITS = ["f16", "bf16"] as const;
/** An H100, and the test driver as one. */
const LARGE: Limits = { multiprocessors: 132, sharedBytesPerBlock: 227 << 10, tf32: true, warpgroups: true };
const SMALL: Limits = { ...LARGE, multiprocessors: 2 };

function kernelsOf(m: number, n: number, k: number, dtype: DType, limits: Limits): readonly string[] {
  const [a, b, y] = shapesOf(m, n, k, PLAIN);
  const steps = planOf([operandOf(a, dtype), operandOf(b, dtype)], [operandOf(y, dtype)], PLAIN, limits);
  return (steps as readonly Launch[]).map(({ kernel: { module, name } }) => `${module} ${name}`);
}

/** One for each kernel, with whole and broken tiles, chunks and planes; tiles of k that fill the ring more than once. */
const CONVOLUTIONS: readonly ConvRow[] = [
  ["tiles of 128 channels", [2, 40, 16, 8], [128, 40, 3, 3], { padding: 1 }],
  ["tiles of 128 channels, none of them whole", [2, 17, 13, 9], [121, 17, 3, 3], { padding: 1 }],
  ["tiles of 64 channels", [4, 16, 16, 8], [64, 16, 3, 3], { padding: 1 }],
  ["tiles of 64 channels, stride 2 and dilation", [2, 19, 33, 31], [61, 19, 3, 2], { stride: 2, dilation: [1, 3], padding: 2 }],
  ["planes by tiles of 128 channels", [2, 330, 16, 8], [128, 330, 1, 1], {}],
  ["planes by tiles of 64 channels", [2, 72, 16, 16], [60, 72, 1, 1], {}],
  ["groups", [2, 128, 12, 12], [128, 64, 3, 3], { groups: 2, padding: 1 }],
  // Some pixels of dx come from no tap: sums of nothing.
  ["stride over the kernel", [2, 64, 31, 31], [64, 64, 2, 2], { stride: 3 }],
];
const KERNELS = [
  ...["patches", "planes"].flatMap((by) => ["128x128", "64x256"].map((tile) => `conv2dWarpgroup ${by}${tile}`)),
  ...["128x128", "64x256"].map((tile) => `conv2dWeightGradWarpgroup tiles${tile}`),
];

describe("plans for warpgroups", () => {
  test("take 16 bits where a GPU has them, in tiles that fill it", () => {
    expect(kernelsOf(8192, 8192, 8192, "bf16", LARGE)).toEqual(["matmulWarpgroup tiles128x256NN_bf16"]);
    expect(kernelsOf(1024, 1664, 512, "f16", LARGE)).toEqual(["matmulWarpgroup tiles128x128NN_f16"]);
    expect(kernelsOf(512, 512, 512, "f16", LARGE)).toEqual(["matmulTensor tiles64x64NN_f16"]);
    expect(kernelsOf(4096, 4096, 4096, "f32", LARGE)).toEqual(["matmulTensor tiles128x128NN_tf32"]);
    expect(kernelsOf(8192, 8192, 8192, "bf16", { ...LARGE, warpgroups: false })).toEqual(["matmulTensor tiles256x128NN_bf16"]);
  });

  test.each(DTYPES_OF_16_BITS)("take every kernel of convolutions of %s for a case below", (dtype) => {
    const used = CONVOLUTIONS.flatMap((row) => kernelsFor(row, dtype, { warpgroups: true }));
    const ofWarpgroups = used.filter((kernel) => kernel.includes("Warpgroup"));
    expect([...new Set(ofWarpgroups)].sort()).toEqual(KERNELS.map((kernel) => `${kernel}_${dtype}`).toSorted());
  });
});

describe.skipIf(why !== "")(`warpgroups on ${opened?.adapter} ${why}`, () => {
  afterAll(() => Promise.all([device.close(), host.close()]));
  afterEach(() => vi.unstubAllEnvs());

  /** Small integers: sums have no rounding, whatever their order, and must be right to the bit. */
  async function expectExact(a: Shape, b: Shape, batch: Shape, attrs: MatmulAttrs, dtype: DType) {
    const [left, right] = [integers(a, 1), integers(b, 2)];
    const y = matmul(tensor(left, { shape: a, dtype, device }), tensor(right, { shape: b, dtype, device }), attrs);
    expect(Float64Array.from((await y.data()) as Float32Array)).toEqual(productOf([a, left], [b, right], batch, attrs));
  }

  describe.each(DTYPES_OF_16_BITS)("of %s", (dtype) => {
    test.each([
      ["128x256", 128, 512, 64],
      ["128x256", 256, 250, 330],
      ["128x256", 121, 511, 31],
      ["128x128", 256, 128, 128],
      ["128x128", 250, 127, 257],
    ])("are right by tiles of %s: %i×%i, %i terms", async (tile, m, n, k) => {
      expect(kernelsOf(m, n, k, dtype, SMALL)).toEqual([`matmulWarpgroup tiles${tile}NN_${dtype}`]);
      for (const attrs of TRANSPOSES) {
        const [a, b] = shapesOf(m, n, k, attrs);
        await expectExact(a, b, [], attrs, dtype);
      }
    });

    test("broadcast batches", async () => {
      for (const attrs of TRANSPOSES) {
        const [left, right] = shapesOf(120, 136, 24, attrs);
        await expectExact([2, 1, ...left], [3, ...right], [2, 3], attrs, dtype);
      }
    });
  });

  test.each(["reverse", "random:1"])("are right under %s", async (schedule) => {
    vi.stubEnv("VERTEBRA_CUDA_HOST_SCHEDULE", schedule);
    await expectExact([128, 700], [700, 256], [], PLAIN, "bf16");
  });

  test.each(CONVOLUTIONS)("%s: results and gradients are the cpu's, rounded once", async (...row) => {
    const expected = await evaluate(host, row, "f32");
    for (const dtype of DTYPES_OF_16_BITS) {
      const actual = await evaluate(device, row, dtype);
      expect([dtype, ...firstWrong(expected, actual, DTYPES[dtype].eps / 2)]).toEqual([dtype, ...noneWrong(expected)]);
    }
  });
});
