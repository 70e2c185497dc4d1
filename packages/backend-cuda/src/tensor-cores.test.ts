import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Loaded } from "./native";
import { prepareHost, TestDevice } from "./testing/native";

const prepared = await prepareHost();
const SCHEDULES = ["forward", "reverse", "random:1"];

describe.skipIf(!prepared.native)(`tensor cores of the test driver ${prepared.reason ?? ""}`, () => {
  let gpu: TestDevice;
  beforeAll(() => {
    gpu = new TestDevice(prepared as Loaded);
  });
  afterAll(() => gpu.native.close(gpu.device));
  afterEach(() => {
    delete process.env.VERTEBRA_CUDA_HOST_SCHEDULE;
  });

  /** What `kernel` of test/mma.cu writes over `y`, in every order of threads. */
  async function results(
    kernel: string,
    inputs: readonly (readonly number[] | Float32Array)[],
    y: Float32Array,
    words: number[],
  ) {
    const from = inputs.map((values) => gpu.upload(values).address);
    const got: number[][] = [];
    for (const schedule of SCHEDULES) {
      process.env.VERTEBRA_CUDA_HOST_SCHEDULE = schedule;
      const to = gpu.upload(y);
      gpu.launch(kernel, { block: [32, 1, 1], addresses: [...from, to.address], words }, "mma");
      got.push(await gpu.values(to.buffer, y.length));
    }
    return got;
  }

  /** Small integers, exact in every dtype. */
  const wave = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 37) % 23) - 11);

  test.each([
    ["f16", 16],
    ["bf16", 16],
    ["tf32", 8],
  ])("add the product of %s fragments to sums", async (dtype, k) => {
    const [a, b, y] = [wave(16 * k), wave(k * 8), Float32Array.from(wave(128))];
    const expected = Array.from(y, (start, at) => {
      let sum = start;
      for (let l = 0; l < k; l++) sum += (a[Math.floor(at / 8) * k + l] as number) * (b[l * 8 + (at % 8)] as number);
      return sum;
    });
    for (const got of await results(`fragments_${dtype}`, [a, b], y, [32])) expect(got).toEqual(expected);
  });

  test("want all lanes of the warp", async () => {
    const mortal = new TestDevice(prepared as Loaded, 1);
    const [a, b, y] = [mortal.upload(wave(256)), mortal.upload(wave(128)), mortal.upload(wave(128))];
    const addresses = [a.address, b.address, y.address];
    expect(() => mortal.launch("fragments_f16", { block: [32, 1, 1], addresses, words: [31] }, "mma")).toThrow(
      "CUDA_ERROR_LAUNCH_FAILED",
    );
    await mortal.native.close(mortal.device);
  });

  /** Words that hold their place as two numbers of 16 bits, none of them a NaN's. */
  const words = Float32Array.from(
    new Float32Array(Uint32Array.from({ length: 128 }, (_, i) => (2 * i + 1) * 65536 + 2 * i).buffer),
  );
  const wordsOf = (values: readonly number[]): number[] => Array.from(new Uint32Array(Float32Array.from(values).buffer));

  test("get four matrices by rows", async () => {
    const source = wordsOf(Array.from(words));
    const expected = Array.from({ length: 128 }, (_, i) => source[Math.floor(i / 32) * 32 + (i % 32)]);
    for (const got of await results("matrices", [words], new Float32Array(128), [0])) expect(wordsOf(got)).toEqual(expected);
  });

  test("get four matrices turned round", async () => {
    // Element (row, column) of a matrix is 8 · row + column behind its first.
    const element = (matrix: number, row: number, column: number): number => matrix * 64 + row * 8 + column;
    const expected = Array.from({ length: 128 }, (_, i) => {
      const [matrix, column, row] = [Math.floor(i / 32), Math.floor((i % 32) / 4), 2 * (i % 4)];
      return element(matrix, row + 1, column) * 65536 + element(matrix, row, column);
    });
    for (const got of await results("matrices", [words], new Float32Array(128), [1])) expect(wordsOf(got)).toEqual(expected);
  });

  test("round to TF32, halves away from zero", async () => {
    const cases: readonly (readonly [x: number, rounded: number])[] = [
      [1 + 2 ** -10, 1 + 2 ** -10],
      [1 + 2 ** -11, 1 + 2 ** -10],
      [-1 - 2 ** -11, -1 - 2 ** -10],
      [1 + 2 ** -11 - 2 ** -23, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [2 - 2 ** -23, 2],
      [-0, -0],
      [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      [Number.NaN, Number.NaN],
    ];
    const y = new Float32Array(cases.length);
    for (const got of await results("roundTf32", [cases.map(([x]) => x)], y, [cases.length]))
      expect(got).toEqual(cases.map(([, rounded]) => rounded));
  });
});
