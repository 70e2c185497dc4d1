import { type Device, type DType, type MatmulAttrs, matmul, Philox, type Shape, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch, Limits } from "../launch";
import { openForTests } from "../testing/open-device";
import { integers, operandOf, PLAIN, productOf, shapesOf, TRANSPOSES } from "../testing/products";
import { matmul as planOf } from "./matmul";

/** An A100, and the test driver. */
const LARGE: Limits = { multiprocessors: 108, sharedBytesPerBlock: 163 << 10, tf32: false, warpgroups: false };
const SMALL: Limits = { ...LARGE, multiprocessors: 2 };

function launchesOf(m: number, n: number, k: number, dtype: DType, limits = LARGE, attrs = PLAIN): readonly Launch[] {
  const [a, b, y] = shapesOf(m, n, k, attrs);
  return planOf([operandOf(a, dtype), operandOf(b, dtype)], [operandOf(y, dtype)], attrs, limits) as readonly Launch[];
}
const namesOf = (...call: Parameters<typeof launchesOf>) => launchesOf(...call).map(({ kernel }) => kernel.name);

describe("the plan of matmul for tensor cores", () => {
  it("takes large tiles where all multiprocessors have some, smaller ones where they wouldn't", () => {
    expect(namesOf(8192, 8192, 8192, "bf16")).toEqual(["tiles256x128NN_bf16"]);
    expect(namesOf(1024, 1664, 512, "f16")).toEqual(["tiles128x128NN_f16"]);
    expect(namesOf(512, 512, 512, "f16")).toEqual(["tiles64x64NN_f16"]);
  });

  it("keeps to the shared memory of a block", () => {
    const small = { ...LARGE, sharedBytesPerBlock: 48 << 10 };
    expect(namesOf(8192, 8192, 8192, "bf16", small)).toEqual(["tiles128x64NN_bf16"]);
    for (const limits of [LARGE, small])
      expect(launchesOf(8192, 8192, 8192, "bf16", limits)[0]?.sharedBytes).toBeLessThanOrEqual(limits.sharedBytesPerBlock);
  });

  it("names the form by how the operands lie", () => {
    expect(TRANSPOSES.map((attrs) => namesOf(64, 64, 64, "f16", LARGE, attrs)[0])).toEqual(
      ["NN", "TN", "NT", "TT"].map((form) => `tiles64x64${form}_f16`),
    );
  });

  it("leaves what would fill too little of a tile to the other kernels", () => {
    expect(namesOf(31, 2048, 512, "f16")).toEqual(["matmul32x32_f16", "matmulParts_f16"]);
    expect(namesOf(64, 64, 15, "f16")).toEqual(["matmul32x32_f16"]);
    expect(namesOf(1, 1000, 2048, "f16")).toEqual(["matmulFewRowsAcross1_f16"]);
  });

  it("takes f32 only where TF32 is on", () => {
    expect(namesOf(1024, 1024, 64, "f32")).toEqual(["matmul128x64_f32"]);
    expect(namesOf(1024, 1024, 64, "f32", { ...LARGE, tf32: true })[0]).toMatch(/^tiles.*_tf32$/);
  });

  it.each([
    ["bf16", 16],
    ["f32", 8],
  ] as const)("adds no more than 512 steps of %s, or parts, one after another", (dtype, terms) => {
    for (const k of [1e3, 1e4, 1e5, 1e6])
      for (const size of [64, 300, 4096]) {
        const [tiles] = launchesOf(size, size, k, dtype, { ...LARGE, tf32: true }) as [Launch];
        const [parts, partTerms] = tiles.words.slice(9, 11) as [number, number];
        expect([k, size, Math.max(parts, partTerms / terms) <= 512]).toEqual([k, size, true]);
      }
  });

  it("fills the device with parts of k where there are few tiles", () => {
    const [tiles, sums] = launchesOf(64, 64, 20_000, "bf16");
    expect([tiles?.kernel.name, sums?.kernel.name]).toEqual(["tiles64x64NN_bf16", "matmulParts_bf16"]);
    expect(tiles?.grid).toBeGreaterThan(20);
  });
});

const { device, reason } = await openForTests();
const tf32 = device && (await openForTests({ tf32: true })).device;

describe.skipIf(!device)(`matmul by tensor cores on ${device?.adapter ?? reason}`, () => {
  afterAll(() => Promise.all([device?.close(), tf32?.close()]));
  const on = (dtype: DType): Device => (dtype === "f32" ? tf32 : device) as Device;

  /** Small integers: sums have no rounding, whatever their order and dtype, and must be right to the bit. */
  async function expectExact(a: Shape, b: Shape, batch: Shape, attrs: MatmulAttrs, dtype: DType) {
    const [left, right] = [integers(a, 1), integers(b, 2)];
    const own = { dtype, device: on(dtype) };
    const y = matmul(tensor(left, { shape: a, ...own }), tensor(right, { shape: b, ...own }), attrs);
    expect(Float64Array.from((await y.data()) as Float32Array)).toEqual(productOf([a, left], [b, right], batch, attrs));
  }

  describe.each(["f16", "bf16", "f32"] as const)("of %s", (dtype) => {
    const suffix = dtype === "f32" ? "tf32" : dtype;
    it.each([
      ["128x128", 256, 128, 64],
      ["128x128", 255, 127, 33],
      ["128x64", 250, 64, 40],
      ["128x64", 256, 63, 31],
      ["64x64", 64, 128, 32],
      ["64x64", 61, 70, 100],
    ])("is right by tiles of %s: %i×%i, %i terms", async (tile, m, n, k) => {
      expect(namesOf(m, n, k, dtype, { ...SMALL, tf32: true })).toEqual([`tiles${tile}NN_${suffix}`]);
      for (const attrs of TRANSPOSES) {
        const [a, b] = shapesOf(m, n, k, attrs);
        await expectExact(a, b, [], attrs, dtype);
      }
    });

    it("is right where k is divided", async () => {
      expect(namesOf(40, 36, 1100, dtype, { ...SMALL, tf32: true })).toHaveLength(2);
      // Every third product of a column of zeros and ones: the sum stays below what bf16 holds.
      const sparse = (shape: Shape, step: number) =>
        Float32Array.from({ length: product(shape) }, (_, i) => Number(i % step === 0));
      const own = { dtype, device: on(dtype) };
      const [a, b] = [sparse([40, 1100], 7), sparse([1100, 36], 5)];
      const y = matmul(tensor(a, { shape: [40, 1100], ...own }), tensor(b, { shape: [1100, 36], ...own }));
      expect(Float64Array.from((await y.data()) as Float32Array)).toEqual(productOf([[40, 1100], a], [[1100, 36], b], [], PLAIN));
    });

    it("broadcasts batches", async () => {
      for (const attrs of TRANSPOSES) {
        const [left, right] = shapesOf(40, 48, 24, attrs);
        await expectExact([2, 1, ...left], [3, ...right], [2, 3], attrs, dtype);
      }
    });
  });

  it.each(["f16", "bf16"] as const)("is right by tiles of 256×128 of %s", async (dtype) => {
    expect(namesOf(500, 128, 40, dtype, SMALL)).toEqual([`tiles256x128NN_${dtype}`]);
    for (const attrs of TRANSPOSES) {
      const [a, b] = shapesOf(500, 128, 40, attrs);
      await expectExact(a, b, [], attrs, dtype);
    }
  });

  it.each(["f16", "bf16"] as const)("rounds sums of %s once, however many parts they have", async (dtype) => {
    // In 16 bits 256 + 0.25 stays 256, 1024 times.
    const a = new Float32Array(40 * 1025).fill(0.25).map((value, i) => (i % 1025 === 0 ? 256 : value));
    const own = { dtype, device: device as Device };
    const ones = tensor(new Float32Array(1025 * 48).fill(1), { shape: [1025, 48], ...own });
    const y = matmul(tensor(a, { shape: [40, 1025], ...own }), ones);
    expect(new Set(await y.data())).toEqual(new Set([512]));
  });

  /** Errors of [96, k] · [k, 80] of normal numbers, and Σ |a · b|. */
  async function errorsOf(on: Device, k: number): Promise<{ readonly errors: Float64Array; readonly magnitudes: Float64Array }> {
    const random = new Philox(3);
    const [a, b] = [random.normalArray(96 * k), random.normalArray(k * 80)].map((values) => Float32Array.from(values)) as [
      Float32Array,
      Float32Array,
    ];
    const y = await matmul(tensor(a, { shape: [96, k], device: on }), tensor(b, { shape: [k, 80], device: on })).data();
    const absolute = (values: Float32Array) => values.map(Math.abs);
    const wanted = productOf([[96, k], a], [[k, 80], b], [], PLAIN);
    const magnitudes = productOf([[96, k], absolute(a)], [[k, 80], absolute(b)], [], PLAIN);
    return { errors: wanted.map((value, i) => Math.abs((y[i] as number) - value)), magnitudes };
  }

  it("is as near in TF32 as its roundings allow, and no nearer: it is in use", async () => {
    for (const k of [64, 300]) {
      const { errors, magnitudes } = await errorsOf(tf32 as Device, k);
      // Two operands of 2⁻¹¹ each, and their product. A tensor core adds at least 4 products at once, to a sum, and cuts each of the five and
      // what becomes of them off behind 24 bits: 6 · 2⁻²³ of the magnitudes for 4 terms.
      const bound = 2 ** -10 + 2 ** -22 + 3 * k * 2 ** -24;
      expect(errors.findIndex((error, i) => !(error <= bound * (magnitudes[i] as number)))).toBe(-1);
      expect(errors.some((error, i) => error > 2 ** -16 * (magnitudes[i] as number))).toBe(true);
    }
  });

  it("isn't used for f32 where TF32 is off", async () => {
    const { errors, magnitudes } = await errorsOf(device as Device, 300);
    expect(errors.findIndex((error, i) => !(error <= 301 * 2 ** -24 * (magnitudes[i] as number)))).toBe(-1);
    expect(errors.some((error, i) => error > 2 ** -20 * (magnitudes[i] as number))).toBe(false);
  });
});
