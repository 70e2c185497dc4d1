import type { Device, KernelTable } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Launch } from "../launch";
import { narrowDevice } from "../testing/narrow-device";
import { openRawForTests } from "../testing/raw-device";
import { blank, type HostTensor, operandOf, PORTABLE, randomFloats, runKernel, worstError } from "../testing/run-kernel";
import { matmul } from "./matmul";

type Shape = readonly number[];
type Attrs = KernelTable["matmul"];

const PLAIN: Attrs = { transA: false, transB: false };
const TRANSPOSES: readonly Attrs[] = [
  PLAIN,
  { transA: true, transB: false },
  { transA: false, transB: true },
  { transA: true, transB: true },
];

describe("the plan of matmul", () => {
  const plan = (a: Shape, b: Shape, y: Shape, attrs: Partial<Attrs> = {}) =>
    matmul([operandOf(a), operandOf(b)], [operandOf(y)], { ...PLAIN, ...attrs }, PORTABLE) as Launch[];
  const namesOf = (launches: readonly Launch[]) => launches.map(({ shader }) => shader.name);

  it("takes large tiles where they fill a device, smaller ones where they don't", () => {
    expect(namesOf(plan([1024, 64], [64, 1024], [1024, 1024]))).toEqual(["matmul-128x64-fours"]);
    expect(namesOf(plan([512, 64], [64, 1023], [512, 1023]))).toEqual(["matmul-64x64"]);
    expect(namesOf(plan([100, 64], [64, 100], [100, 100]))).toEqual(["matmul-32x32-fours"]);
  });

  it("reads the weight of a classifier once at batch 1, whichever way round it lies", () => {
    expect(namesOf(plan([1, 2048], [1000, 2048], [1, 1000], { transB: true }))).toEqual(["matmulFewRows-1"]);
    expect(namesOf(plan([1, 1000], [1000, 2048], [1, 2048]))).toEqual(["matmulFewRowsAcross-1"]);
    expect(namesOf(plan([2048, 500], [2048, 3], [500, 3], { transA: true }))).toEqual(["matmulFewRowsAcross-4"]);
    expect(namesOf(plan([500, 2048], [3, 2048], [500, 3], { transB: true }))).toEqual(["matmulFewRows-4"]);
  });

  it("divides k where there are few tiles, into parts of whole block sums that begin at whole vec4s", () => {
    const [tiles, parts] = plan([33, 20_000], [20_000, 35], [33, 35]) as [Launch, Launch];
    const [m, k, n, groups, rowTiles, columnTiles, count, terms, elements] = tiles.params;
    expect([m, k, n, rowTiles, columnTiles]).toEqual([33, 20_000, 35, 2, 2]);
    expect(groups).toBe((count as number) * 4);
    expect([(terms as number) % 256, (elements as number) % 4]).toEqual([0, 0]);
    expect((terms as number) * (count as number)).toBeGreaterThanOrEqual(20_000);
    expect((terms as number) * ((count as number) - 1)).toBeLessThan(20_000);
    expect(tiles.bindings[2]).toEqual({ scratchBytes: (elements as number) * (count as number) * 4 });
    expect(parts.bindings[0]).toBe(tiles.bindings[2]);
  });

  it("adds at most 256 block sums or parts in a row", () => {
    for (const k of [1e3, 1e4, 1e5, 1e6])
      for (const size of [20, 64, 300]) {
        const launch = plan([size, k], [k, size], [size, size]).find(({ shader }) => /^matmul-/.test(shader.name)) as Launch;
        const [count, terms] = launch.params.slice(6, 8) as [number, number];
        expect([k, size, Math.max(count, terms / 256) <= 256]).toEqual([k, size, true]);
      }
  });

  it("makes the batch of a into rows where b has none", () => {
    const [launch] = plan([32, 49, 64], [1, 64, 80], [32, 49, 80]);
    expect(launch?.params.slice(0, 3)).toEqual([32 * 49, 64, 80]);
    expect(launch?.params.at(9)).toBe(0);
  });

  it("joins batch axes, and fits into the uniform struct with as many as there may be", () => {
    const [joined] = plan([5, 6, 20, 30], [5, 6, 30, 20], [5, 6, 20, 20]);
    expect(joined?.params.slice(9)).toEqual([1, 0, 0, 30, 600, 600, 0]);
    const [launch] = plan([2, 1, 2, 1, 2, 1, 2, 1, 20, 30], [2, 1, 2, 1, 2, 1, 2, 30, 20], [2, 2, 2, 2, 2, 2, 2, 2, 20, 20]);
    expect(launch?.params).toHaveLength(12 + 8 * 4);
  });

  it("breaks more workgroups than an axis of the grid has into lines", () => {
    const [launch] = plan([70_000, 20, 20], [70_000, 20, 20], [70_000, 20, 20]);
    const [x, y, z] = (launch as Launch).grid;
    expect(Math.max(x, y, z)).toBeLessThanOrEqual(65535);
    expect(x * y * z).toBeGreaterThanOrEqual(70_000);
  });

  it("has nothing to do without elements, and zeros to write without terms", () => {
    expect(plan([0, 5], [5, 3], [0, 3])).toEqual([]);
    expect(namesOf(plan([2, 0], [0, 3], [2, 3]))).toEqual(["fill"]);
  });
});

const { gpu, reason } = await openRawForTests();
const device = gpu && narrowDevice(gpu, 3);

describe.skipIf(!device)(`matmul (${reason ?? "on the device under test"})`, () => {
  afterAll(() => device?.close());

  async function expectProduct(a: HostTensor, b: HostTensor, batch: Shape, attrs: Attrs): Promise<void> {
    const [m, n] = [a.shape.at(attrs.transA ? -1 : -2) as number, b.shape.at(attrs.transB ? -2 : -1) as number];
    const call = { inputs: [a, b], outputs: [blank([...batch, m, n])], attrs };
    const { outputs } = await runKernel(device as Device, "matmul", call);
    const { values, bounds } = productInDoubles(a, b, batch, attrs);
    expect(worstError(outputs[0]?.data as Float32Array, values, (_, i) => bounds[i] as number)).toBeLessThanOrEqual(1);
  }

  /** y [m, n] with operands that lie as `attrs` say. */
  const expectAgreement = (m: number, n: number, k: number, attrs: Attrs) =>
    expectProduct(randomFloats(attrs.transA ? [k, m] : [m, k], 1), randomFloats(attrs.transB ? [n, k] : [k, n], 2), [], attrs);

  it.each(TRANSPOSES)("agrees with f64 loops by tiles of 32×32: %j", async (attrs) => {
    await expectAgreement(40, 36, 44, attrs);
    await expectAgreement(33, 41, 35, attrs);
  });

  it.each([
    ["64×64, vec4s", 512, 1024, 20, PLAIN],
    ["64×64, floats", 511, 1023, 5, { transA: true, transB: true }],
    ["128×64, vec4s", 1024, 1024, 4, { transA: true, transB: true }],
    ["128×64, floats", 1021, 1023, 3, PLAIN],
  ] as const)("agrees with f64 loops by tiles of %s", (_, m, n, k, attrs) => expectAgreement(m, n, k, attrs));

  it.each([
    [17, 19, 9001],
    [20, 24, 9000],
  ])("agrees with f64 loops where k is divided: %i×%i, %i terms", (m, n, k) => expectAgreement(m, n, k, PLAIN));

  it.each([
    [1, 9, 2048],
    [1, 33, 517],
    [2, 34, 1028],
    [7, 10, 67],
    [8, 37, 260],
    [30, 3, 130],
    [33, 1, 256],
    [300, 1, 1],
    [5, 70, 7],
  ])("agrees with f64 loops on few rows or columns: %i×%i, %i terms", async (m, n, k) => {
    for (const attrs of TRANSPOSES) await expectAgreement(m, n, k, attrs);
  });

  it.each([
    { what: "small matrices", batch: [2, 3, 4], a: [2, 1, 4], b: [3, 1], m: 3, n: 5, k: 4 },
    { what: "tiles", batch: [2, 3], a: [2, 1], b: [1, 3], m: 20, n: 18, k: 9 },
    { what: "tiles in parts", batch: [3], a: [3], b: [1], m: 17, n: 19, k: 600 },
    { what: "few rows", batch: [2, 3], a: [2, 1], b: [2, 3], m: 3, n: 9, k: 70 },
    { what: "few columns", batch: [2, 3], a: [3], b: [2, 1], m: 9, n: 2, k: 70 },
    { what: "rows of one", batch: [4], a: [4], b: [], m: 9, n: 40, k: 30 },
  ])("broadcasts batches of $what", async ({ batch, a, b, m, n, k }) => {
    for (const attrs of TRANSPOSES.filter(({ transA, transB }) => transA !== transB)) {
      const left = randomFloats([...a, ...(attrs.transA ? [k, m] : [m, k])], 1);
      const right = randomFloats([...b, ...(attrs.transB ? [n, k] : [k, n])], 2);
      await expectProduct(left, right, batch, attrs);
    }
  });
});

/** The f64 product, and how far an f32 one may be off: a rounding a term of a block of 256, one a block, two a product. */
function productInDoubles(a: HostTensor, b: HostTensor, batch: Shape, { transA, transB }: Attrs) {
  const [m, k] = (transA ? a.shape.slice(-2).reverse() : a.shape.slice(-2)) as [number, number];
  const n = b.shape.at(transB ? -2 : -1) as number;
  const entries = batch.reduce((product, size) => product * size, 1);
  const values = new Float64Array(entries * m * n);
  const bounds = new Float64Array(entries * m * n);
  const roundings = (Math.min(k, 256) + Math.ceil(k / 256) + 2) * 2 ** -24;
  for (let i = 0; i < values.length; i++) {
    const entry = Math.floor(i / (m * n));
    const [row, column] = [Math.floor(i / n) % m, i % n];
    const aAt = entryAt(batch, a.shape.slice(0, -2), entry) * m * k + (transA ? row : row * k);
    const bAt = entryAt(batch, b.shape.slice(0, -2), entry) * n * k + (transB ? column * k : column);
    const [aStep, bStep] = [transA ? m : 1, transB ? 1 : n];
    let [sum, magnitude] = [0, 0];
    for (let l = 0; l < k; l++) {
      const term = (a.data[aAt + l * aStep] as number) * (b.data[bAt + l * bStep] as number);
      sum += term;
      magnitude += Math.abs(term);
    }
    values[i] = sum;
    bounds[i] = roundings * magnitude;
  }
  return { values, bounds };
}

/** The matrix of an operand with batch axes `own` that belongs to `entry` of the broadcast `batch`. */
function entryAt(batch: Shape, own: Shape, entry: number): number {
  const index = batch.map(
    (size, axis) => Math.floor(entry / batch.slice(axis + 1).reduce((product, length) => product * length, 1)) % size,
  );
  return own.reduce((at, size, axis) => at * size + (size === 1 ? 0 : (index[batch.length - own.length + axis] as number)), 0);
}
