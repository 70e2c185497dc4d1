import { type Device, type DType, type MatmulAttrs, matmul, type Shape, tensor } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch, Limits, Scratch } from "../launch";
import { openForTests } from "../testing/open-device";
import { integers, operandOf, PLAIN, productOf, shapesOf, TRANSPOSES } from "../testing/products";
import { matmul as planOf } from "./matmul";

type Attrs = MatmulAttrs;

/** An A100, and the test driver. */
const LARGE: Limits = { multiprocessors: 108, sharedBytesPerBlock: 49_152, tf32: false, warpgroups: false };
const SMALL: Limits = { multiprocessors: 2, sharedBytesPerBlock: 49_152, tf32: false, warpgroups: false };

function launchesOf([a, b, y]: readonly [Shape, Shape, Shape], attrs: Partial<Attrs> = {}, limits = LARGE): readonly Launch[] {
  return planOf([operandOf(a), operandOf(b)], [operandOf(y)], { ...PLAIN, ...attrs }, limits) as readonly Launch[];
}
const namesOf = (...call: Parameters<typeof launchesOf>) => launchesOf(...call).map(({ kernel }) => kernel.name);

describe("the plan of matmul", () => {
  it("takes large tiles where they fill a device, smaller ones where they don't", () => {
    expect(namesOf(shapesOf(1024, 1024, 64, PLAIN))).toEqual(["matmul128x64_f32"]);
    expect(namesOf(shapesOf(512, 1023, 64, PLAIN))).toEqual(["matmul64x64_f32"]);
    expect(namesOf(shapesOf(100, 100, 64, PLAIN))).toEqual(["matmul32x32_f32"]);
  });

  it("reads the weight of a classifier once at batch 1, whichever way round it lies", () => {
    const transB = { transA: false, transB: true };
    const transA = { transA: true, transB: false };
    expect(namesOf(shapesOf(1, 1000, 2048, transB), transB)).toEqual(["matmulFewRowsDot1_f32"]);
    expect(namesOf(shapesOf(1, 2048, 1000, PLAIN))).toEqual(["matmulFewRowsAcross1_f32"]);
    expect(namesOf(shapesOf(500, 3, 2048, transA), transA)).toEqual(["matmulFewRowsAcross4_f32"]);
    expect(namesOf(shapesOf(500, 3, 2048, PLAIN))).toEqual(["matmulFewRowsDot4_f32"]);
  });

  it("gives a block to a column where warps would leave the device half empty", () => {
    const transB = { transA: false, transB: true };
    expect(launchesOf(shapesOf(1, 1000, 2048, transB), transB)[0]?.grid).toBe(1000);
    expect(launchesOf(shapesOf(1, 1000, 512, transB), transB)[0]?.grid).toBe(1000 / 8);
    expect(launchesOf(shapesOf(1, 4096, 25_088, transB), transB)[0]?.grid).toBe(4096 / 8);
  });

  it("divides k where there are few tiles, into parts of whole block sums that begin at whole quads", () => {
    const [tiles, parts] = launchesOf([
      [33, 20_000],
      [20_000, 35],
      [33, 35],
    ]) as [Launch, Launch];
    const [k, rowTiles, columnTiles, count, terms, elements] = tiles.words.slice(6) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect([k, rowTiles, columnTiles, tiles.grid]).toEqual([20_000, 2, 2, count * 4]);
    expect([terms % 256, elements % 4]).toEqual([0, 0]);
    expect(terms * count).toBeGreaterThanOrEqual(20_000);
    expect(terms * (count - 1)).toBeLessThan(20_000);
    expect((tiles.bindings[2] as Scratch).scratchBytes).toBe(elements * count * 4);
    expect(parts.bindings[0]).toBe(tiles.bindings[2]);
  });

  it("adds at most 256 block sums or parts in a row", () => {
    for (const k of [1e3, 1e4, 1e5, 1e6])
      for (const size of [20, 64, 300]) {
        const [tiles] = launchesOf(shapesOf(size, size, k, PLAIN)) as [Launch];
        const [count, terms] = tiles.words.slice(9, 11) as [number, number];
        expect([k, size, Math.max(count, terms / 256) <= 256]).toEqual([k, size, true]);
      }
  });

  it("makes the batch of a into rows where b has none", () => {
    const [launch] = launchesOf([
      [32, 49, 64],
      [1, 64, 80],
      [32, 49, 80],
    ]);
    expect([launch?.words[0], launch?.words[12]]).toEqual([32 * 49, 0]);
  });

  it("has nothing to do without elements, and zeros to write without terms", () => {
    expect(namesOf(shapesOf(0, 3, 5, PLAIN))).toEqual([]);
    expect(namesOf(shapesOf(2, 3, 0, PLAIN))).toEqual(["fill"]);
  });
});

const { device, reason } = await openForTests();

describe.skipIf(!device)(`matmul on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  /** Small integers: sums have no rounding, whatever their order and dtype, and must be right to the bit. */
  async function expectExact(a: Shape, b: Shape, batch: Shape, attrs: Attrs, dtype: DType = "f32") {
    const [left, right] = [integers(a, 1), integers(b, 2)];
    const own = { dtype, device: device as Device };
    const y = matmul(tensor(left, { shape: a, ...own }), tensor(right, { shape: b, ...own }), attrs);
    const wanted = productOf([a, left], [b, right], batch, attrs);
    expect(Float64Array.from((await y.data()) as Float32Array)).toEqual(wanted);
  }
  async function expectAll(m: number, n: number, k: number) {
    for (const attrs of TRANSPOSES) {
      const [a, b] = shapesOf(m, n, k, attrs);
      await expectExact(a, b, [], attrs);
    }
  }

  it.each([
    ["128x64", 256, 128, 20],
    ["128x64", 255, 127, 21],
    ["64x64", 64, 128, 36],
    ["64x64", 63, 126, 35],
    ["32x32", 40, 36, 44],
    ["32x32", 33, 41, 35],
  ])("is right by tiles of %s: %i×%i, %i terms", async (tile, m, n, k) => {
    expect(namesOf(shapesOf(m, n, k, PLAIN), PLAIN, SMALL)).toEqual([`matmul${tile}_f32`]);
    await expectAll(m, n, k);
  });

  it.each([
    [17, 19, 9001],
    [20, 24, 9000],
  ])("is right where k is divided: %i×%i, %i terms", async (m, n, k) => {
    expect(namesOf(shapesOf(m, n, k, PLAIN), PLAIN, SMALL)).toHaveLength(2);
    await expectExact([m, k], [k, n], [], PLAIN);
    await expectExact([k, m], [n, k], [], { transA: true, transB: true });
  });

  it.each([
    [1, 9, 2048],
    [1, 33, 517],
    [2, 34, 1028],
    [7, 10, 67],
    [8, 37, 260],
    [30, 3, 130],
    [33, 1, 256],
    [1, 3, 70_001],
    [300, 1, 1],
    [5, 70, 7],
  ])("is right with few rows or columns: %i×%i, %i terms", expectAll);

  it.each(["f16", "bf16"] as const)("has every kernel for %s", async (dtype) => {
    for (const [m, n, k] of [
      [256, 128, 5],
      [64, 128, 9],
      [33, 41, 7],
      [3, 40, 12],
      [1, 9, 64],
      [40, 2, 65],
      [5, 70, 66],
      [8, 9, 80],
    ] as const)
      for (const attrs of TRANSPOSES) {
        const [a, b] = shapesOf(m, n, k, attrs);
        await expectExact(a, b, [], attrs, dtype);
      }
  });

  it.each(["f16", "bf16"] as const)("rounds sums of %s once, however many parts they have", async (dtype) => {
    // In 16 bits 256 + 0.25 stays 256, 1024 times.
    const a = new Float32Array(20 * 1025).fill(0.25).map((value, i) => (i % 1025 === 0 ? 256 : value));
    const own = { dtype, device: device as Device };
    const ones = tensor(new Float32Array(1025 * 24).fill(1), { shape: [1025, 24], ...own });
    const y = matmul(tensor(a, { shape: [20, 1025], ...own }), ones);
    expect(new Set(await y.data())).toEqual(new Set([512]));
  });

  it.each([
    { what: "small matrices", batch: [2, 3, 4], a: [2, 1, 4], b: [3, 1], m: 3, n: 5, k: 4 },
    { what: "tiles", batch: [2, 3], a: [2, 1], b: [1, 3], m: 20, n: 18, k: 9 },
    { what: "tiles in parts", batch: [3], a: [3], b: [1], m: 17, n: 19, k: 600 },
    { what: "few rows", batch: [2, 3], a: [2, 1], b: [2, 3], m: 3, n: 9, k: 70 },
    { what: "few columns", batch: [2, 3], a: [3], b: [2, 1], m: 9, n: 2, k: 70 },
    { what: "rows of one", batch: [4], a: [4], b: [], m: 9, n: 40, k: 30 },
  ])("broadcasts batches of $what", async ({ batch, a, b, m, n, k }) => {
    for (const attrs of TRANSPOSES) {
      const [left, right] = shapesOf(m, n, k, attrs);
      await expectExact([...a, ...left], [...b, ...right], batch, attrs);
    }
  });
});
