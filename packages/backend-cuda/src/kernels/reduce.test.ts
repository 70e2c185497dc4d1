import { amax, type Device, prod, type Shape, sum, type Tensor, tensor, toDtype } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import { REDUCTIONS, smallInts, termsOf } from "../../../../tests/on-device/reductions";
import type { CudaOperand, Launch, Limits } from "../launch";
import { openForTests } from "../testing/open-device";
import { reduceSteps } from "./reduce";

const { device, reason } = await openForTests();

const LIMITS: Limits = { multiprocessors: 108, sharedBytesPerBlock: 48 << 10, tf32: false, warpgroups: false };

describe("the plan of a reduction", () => {
  const operand = (address: number, shape: Shape): CudaOperand => ({ memory: { address }, shape, dtype: "f16" });
  const plan = (from: Shape, to: Shape, axes: readonly number[]) =>
    reduceSteps("sum", [operand(1, from), operand(2, to)], axes, LIMITS);

  it("is one launch where a few rounds of loads are enough", () => {
    expect(plan([256, 1000], [256], [1])).toHaveLength(1);
    expect(plan([256, 1000], [1000], [0])).toHaveLength(1);
    expect(plan([64, 2048, 7, 7], [64, 2048], [2, 3])).toHaveLength(1);
  });

  it("fills a device with parts of long sums in f32, and joins them in a second launch", () => {
    const [first, last] = plan([32, 64, 112, 112], [64], [0, 2, 3]) as [Launch, Launch];
    const [tiles, parts] = first.grid as readonly [number, number, number];
    expect(tiles * parts).toBeGreaterThanOrEqual(8 * 108);
    expect([first.kernel.name, last.kernel.name]).toEqual(["sum_f16_f32", "sum_f32_f16"]);
    expect(last.bindings[0]).toBe(first.bindings[1]);
    expect(last.bindings[0]).toEqual({ scratchBytes: 64 * 4 * parts });
  });

  it("cuts columns too", () => {
    expect(plan([5000, 33], [33], [0])).toHaveLength(2);
  });

  it("adds no more than 512 terms one after the other, however many there are", () => {
    const [first, last] = plan([2 ** 31 - 1], [], [0]) as [Launch, Launch];
    const parts = (first.grid as readonly [number, number, number])[1];
    expect((2 ** 31 - 1) / parts / (4 * 256)).toBeLessThanOrEqual(512);
    expect(last.words[2]).toBeLessThanOrEqual(512);
    expect(parts).toBeLessThanOrEqual(65535);
  });

  it("takes as many axes as there may be", () => {
    const shape = new Array<number>(16).fill(2);
    const [launch] = plan(shape, new Array(8).fill(2), [0, 2, 4, 6, 8, 10, 12, 14]);
    expect((launch as Launch).words).toHaveLength(8 + 2 * 16);
  });
});

describe.skipIf(!device)(`reductions on ${device?.adapter ?? reason}`, () => {
  const own = { device: device as Device };
  afterAll(() => device?.close());

  const ints = (shape: Shape) => tensor(smallInts(shape), { shape, dtype: "i32", ...own });
  const floats = (values: Iterable<number>, shape: Shape) => tensor(Float32Array.from(values), { shape, ...own });
  const list = async (x: Tensor) => [...(await x.data())].map(Number);
  const totals = (shape: Shape, axes: Shape) => termsOf(smallInts(shape), shape, axes).map((of) => of.reduce((a, b) => a + b, 0));

  it.each(REDUCTIONS)(
    "adds i32 and f32 %j over axes %j without an error where all sums are small integers",
    async (shape, axes) => {
      expect(await list(sum(ints(shape), { axes }))).toEqual(totals(shape, axes));
      expect(await list(sum(floats(smallInts(shape), shape), { axes }))).toEqual(totals(shape, axes));
    },
  );

  it.each(REDUCTIONS)("adds f16 and bf16 %j over axes %j in f32 and rounds once", async (shape, axes) => {
    for (const dtype of ["f16", "bf16"] as const) {
      const y = toDtype(sum(toDtype(floats(smallInts(shape), shape), dtype), { axes }), "f32");
      const rounded = toDtype(toDtype(floats(totals(shape, axes), y.shape), dtype), "f32");
      expect(await list(y)).toEqual(await list(rounded));
    }
  });

  it.each(REDUCTIONS)("finds the largest of f32, bf16 and i32 %j over axes %j", async (shape, axes) => {
    const negative = smallInts(shape).map((value) => value - 20);
    const wanted = termsOf(negative, shape, axes).map((of) => Math.max(...of));
    expect(await list(amax(floats(negative, shape), { axes }))).toEqual(wanted);
    expect(await list(toDtype(amax(toDtype(floats(negative, shape), "bf16"), { axes }), "f32"))).toEqual(wanted);
    expect(await list(amax(tensor(negative, { shape, dtype: "i32", ...own }), { axes }))).toEqual(wanted);
  });

  it("multiplies in parts", async () => {
    const factors = Array.from({ length: 20_000 }, (_, i) => [2, 0.5, -1, 1, 1][i % 5] as number);
    expect(await list(prod(floats(factors, [20_000])))).toEqual([1]);
  });

  it("wraps i32 in both launches", async () => {
    const most = tensor(new Int32Array(70_001).fill(2 ** 31 - 1), { shape: [70_001], dtype: "i32", ...own });
    expect(await list(sum(most))).toEqual([Math.imul(70_001, 2 ** 31 - 1)]);
  });

  it("keeps the error of a million like terms to that of a few of them", async () => {
    const [total] = await list(sum(tensor(new Float32Array(1 << 20).fill(0.1), { shape: [1 << 20], ...own })));
    const wanted = Math.fround(0.1) * 2 ** 20;
    expect(Math.abs((total as number) - wanted) / wanted).toBeLessThan(64 * 2 ** -24);
  });

  it("has NaN as the largest wherever one stands, and −∞ only if all are", async () => {
    const { NaN: nan, NEGATIVE_INFINITY: none, POSITIVE_INFINITY: all } = Number;
    for (const n of [1, 9, 70]) {
      const rows = Array.from({ length: n }, (_, at) => Array.from({ length: n }, (_, i) => (i === at ? nan : all))).flat();
      expect(await list(amax(floats(rows, [n, n]), { axes: 1 }))).toEqual(new Array(n).fill(nan));
      expect(await list(amax(floats(rows, [n, n]), { axes: 0 }))).toEqual(new Array(n).fill(nan));
      expect(await list(toDtype(amax(toDtype(floats(rows, [n, n]), "f16"), { axes: 0 }), "f32"))).toEqual(new Array(n).fill(nan));
    }
    expect(await list(amax(floats(new Array(9).fill(none), [9])))).toEqual([none]);
    expect(await list(amax(floats([none, -3, none, -2], [4])))).toEqual([-2]);
  });
});
