import { type Device, type DType, type Shape, scatterAdd, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import type { CudaOperand, Launch, Limits } from "../launch";
import { openForTests } from "../testing/open-device";
import { scatterAdd as scatterAddPlan } from "./scatterAdd";

const { device, reason } = await openForTests();

/** How many different indices there are. */
const SPREADS = [1, 5, 1000];

describe.skipIf(!device)(`scatterAdd on ${device?.adapter ?? reason}`, () => {
  const own = { device: device as Device };
  afterAll(() => device?.close());

  describe.each(SPREADS)("with at most %i different indices", (spread) => {
    it.each([
      [[3, 7], 1, 9],
      [[2, 90], 1, 300],
      [[2, 700], 1, 2100],
      [[1, 300], 1, 5000],
      [[300, 3], 0, 40],
      [[40, 33], 0, 3],
    ] as const)("adds %j along axis %i into %i in the order of the values, to the bit", async (shape, axis, size) => {
      const elements = shape[0] * shape[1];
      // Sums that depend on the order.
      const values = Float32Array.from({ length: elements }, (_, i) => Math.sin(i * 3.7) * 10 ** (i % 5));
      const indices = Int32Array.from({ length: elements }, (_, i) => (i * i + (i >> 2)) % Math.min(spread, size));
      const to = axis === 0 ? [size, shape[1]] : [shape[0], size];
      const wanted = new Float32Array(product(to));
      for (let i = 0; i < elements; i++) {
        const [row, column] = [Math.floor(i / shape[1]), i % shape[1]];
        const place = axis === 0 ? indices[i]! * shape[1] + column : row * size + indices[i]!;
        wanted[place] = wanted[place]! + values[i]!;
      }
      const at = tensor(indices, { shape, dtype: "i32", ...own });
      const y = await scatterAdd(tensor(values, { shape, ...own }), at, { axis, shape: to }).data();
      expect(y).toEqual(wanted);
    });
  });

  it("leaves zeros in rows without values, and takes its memory as it comes", async () => {
    const used = tensor(new Float32Array(15).fill(9), { shape: [5, 3], ...own });
    used.dispose();
    const indices = tensor(Int32Array.of(1, 1, 0, 2), { shape: [2, 2], dtype: "i32", ...own });
    const y = scatterAdd(tensor([1, 2, 3, 4], { shape: [2, 2], ...own }), indices, { axis: 1, shape: [5, 3] });
    expect([...(await y.data())]).toEqual([0, 3, 0, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each([1, 40])("leaves out what has an index out of range, %i times", async (times) => {
    const indices = Array.from({ length: times }, () => [0, -1, 3, 4, 2 ** 31 - 1, -(2 ** 31)]).flat();
    const values = tensor(new Float32Array(indices.length).fill(2), own);
    const y = scatterAdd(values, tensor(Int32Array.from(indices), { dtype: "i32", ...own }), { axis: 0, shape: [4] });
    expect([...(await y.data())]).toEqual([2 * times, 0, 0, 2 * times]);
  });

  it.each(["f16", "bf16"] as const)("adds %s in f32 and rounds once", async (dtype) => {
    // In 16 bits 256 + 0.5 stays 256, 600 times.
    const values = Float32Array.from({ length: 601 }, (_, i) => (i === 0 ? 256 : 0.5));
    const indices = tensor(new Int32Array(601), { dtype: "i32", ...own });
    const y = scatterAdd(tensor(values, { dtype, ...own }), indices, { axis: 0, shape: [1] });
    expect([...(await y.data())]).toEqual([556]);
  });
});

describe("scatterAdd's plan", () => {
  const LIMITS: Limits = { multiprocessors: 108, sharedBytesPerBlock: 49_152, tf32: false, warpgroups: false };
  const operandOf = (shape: Shape, dtype: DType): CudaOperand => ({ memory: { address: 0 }, shape, dtype });
  const launches = (from: Shape, shape: Shape, axis: number) => {
    const inputs = [operandOf(from, "f32"), operandOf(from, "i32")];
    return scatterAddPlan(inputs, [operandOf(shape, "f32")], { axis, shape }, LIMITS) as readonly Launch[];
  };
  const names = (...call: Parameters<typeof launches>) => launches(...call).map(({ kernel }) => kernel.name);

  it("fills y beforehand where some of its rows have no values", () => {
    expect(names([2, 64, 3136], [2, 64, 12_544], 2)).toEqual(["scatterAdd_f32"]);
    expect(names([2, 100], [3, 10], 1)).toEqual(["fill", "scatterAdd_f32"]);
    expect(names([0, 3], [4, 3], 0)).toEqual(["fill"]);
    expect(names([0, 3], [0, 3], 0)).toEqual([]);
  });

  it("gives many rows to few warps each, and few rows to many", () => {
    // 12544 = 7 ranges of 1792, and 49 of 256, four ranges to a block.
    expect(launches([32, 64, 3136], [32, 64, 12_544], 2)[0]).toMatchObject({
      grid: (32 * 64 * 7) / 4,
      sharedBytes: 4 * 4 * 1792,
    });
    expect(launches([1, 16, 3136], [1, 16, 12_544], 2)[0]).toMatchObject({ grid: (16 * 49) / 4, sharedBytes: 4 * 4 * 256 });
  });
});
