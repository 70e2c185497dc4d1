import { amax, type Device, prod, type Shape, sum, type Tensor, tensor } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import { REDUCTIONS, smallInts, termsOf } from "../../../../tests/on-device/reductions";
import type { GpuOperand, Launch, Limits } from "../launch";
import { openForTests } from "../testing/open-device";
import { reduceSteps } from "./reduce";

const { device, reason } = await openForTests();

const LIMITS: Limits = {
  maxComputeWorkgroupsPerDimension: 65535,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 2 ** 31 - 16,
  maxBufferSize: 2 ** 31 - 16,
  maxStorageBuffersPerShaderStage: 8,
};

describe("the plan of a reduction", () => {
  const operand = (id: number, shape: Shape): GpuOperand => ({ memory: { id, gpu: {} as GPUBuffer }, shape, dtype: "f32" });
  const plan = (from: Shape, to: Shape, axes: readonly number[]) =>
    reduceSteps("sum", [operand(1, from), operand(2, to)], axes, LIMITS) as Launch[];

  it("is one launch where a few rounds of loads are enough", () => {
    expect(plan([256, 1000], [256], [1])).toHaveLength(1);
    expect(plan([256, 1000], [1000], [0])).toHaveLength(1);
    expect(plan([64, 2048, 7, 7], [64, 2048], [2, 3])).toHaveLength(1);
  });

  it("fills a device with parts of long sums, and joins them in a second launch", () => {
    const [first, last] = plan([32, 64, 112, 112], [64], [0, 2, 3]);
    expect(first?.grid[0]).toBeGreaterThanOrEqual(1024);
    expect(first?.bindings[1]).toBe(last?.bindings[0]);
    expect(last?.bindings[0]).toEqual({ scratchBytes: 64 * 4 * ((first as Launch).grid[0] / 64) });
    expect(plan([2 ** 31 - 1], [], [0])).toHaveLength(2);
  });

  it("breaks more workgroups than an axis of the grid has into lines", () => {
    const [launch] = plan([1 << 20, 1000], [1 << 20], [1]);
    const [x, y, z] = (launch as Launch).grid;
    expect(Math.max(x, y, z)).toBeLessThanOrEqual(65535);
    expect(x * y * z).toBeGreaterThanOrEqual((1 << 20) / 4);
  });

  it("fits into the uniform struct with as many axes as there may be", () => {
    const shape = new Array<number>(16).fill(2);
    const [launch] = plan(shape, new Array(8).fill(2), [0, 2, 4, 6, 8, 10, 12, 14]);
    expect((launch as Launch).params).toHaveLength(44);
  });
});

describe.skipIf(!device)(`reductions on ${device?.adapter ?? reason}`, () => {
  const own = { device: device as Device };
  afterAll(() => device?.close());

  const ints = (shape: Shape) => tensor(smallInts(shape), { shape, dtype: "i32", ...own });
  const floats = (values: readonly number[], shape: Shape) => tensor(Float32Array.from(values), { shape, ...own });
  const list = async (x: Tensor) => [...(await x.data())].map(Number);

  it.each(REDUCTIONS)("adds i32 %j over axes %j without an error", async (shape, axes) => {
    const terms = termsOf(smallInts(shape), shape, axes);
    expect(await list(sum(ints(shape), { axes }))).toEqual(terms.map((of) => of.reduce((total, value) => total + value, 0)));
  });

  it.each(REDUCTIONS)("adds f32 %j over axes %j without an error where all sums are small integers", async (shape, axes) => {
    const terms = termsOf(smallInts(shape), shape, axes);
    const x = floats([...smallInts(shape)], shape);
    expect(await list(sum(x, { axes }))).toEqual(terms.map((of) => of.reduce((total, value) => total + value, 0)));
  });

  it.each(REDUCTIONS)("finds the largest of f32 and i32 %j over axes %j", async (shape, axes) => {
    const negative = smallInts(shape).map((value) => value - 20);
    const wanted = termsOf(negative, shape, axes).map((of) => Math.max(...of));
    expect(await list(amax(floats([...negative], shape), { axes }))).toEqual(wanted);
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
    }
    expect(await list(amax(floats(new Array(9).fill(none), [9])))).toEqual([none]);
    expect(await list(amax(floats([none, -3, none, -2], [4])))).toEqual([-2]);
  });
});
