import { OutOfMemoryError } from "@vertebra/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { floatWord } from "./batch";
import type { Loaded } from "./native";
import { prepareHost, TestDevice } from "./testing/native";

const prepared = await prepareHost();
const loaded = prepared as Loaded;
const SCHEDULES = ["forward", "reverse", "random:1", "random:2"];
const wave = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 37) % 23) - 11);

describe.skipIf(!prepared.native)(`kernels on the test driver ${prepared.reason ?? ""}`, () => {
  let gpu: TestDevice;
  beforeAll(() => {
    gpu = new TestDevice(loaded);
  });
  afterAll(() => gpu.native.close(gpu.device));
  afterEach(() => {
    delete process.env.VERTEBRA_CUDA_HOST_SCHEDULE;
  });

  /** `of` under every schedule. */
  async function underAll<T>(of: () => Promise<T>): Promise<T[]> {
    const results: T[] = [];
    for (const schedule of SCHEDULES) {
      process.env.VERTEBRA_CUDA_HOST_SCHEDULE = schedule;
      results.push(await of());
    }
    return results;
  }

  const values = Array.from({ length: 256 }, (_, i) => i + 1);
  const shifted = [0, ...values.slice(0, -1)];
  async function shift(kernel: string): Promise<boolean> {
    const [x, y] = [gpu.upload(values), gpu.upload(values)];
    gpu.launch(kernel, { block: [256, 1, 1], addresses: [x.address, y.address] });
    const got = await gpu.values(y.buffer, 256);
    return got.every((value, i) => value === shifted[i]);
  }

  test("without a barrier that they need are right in the order of threads only", async () => {
    const [forward, ...others] = await underAll(() => shift("shiftUnordered"));
    expect([forward, others]).toEqual([true, [false, false, false]]);
  });

  test("with their barrier are right in every order", async () => {
    expect(await underAll(() => shift("shift"))).toEqual([true, true, true, true]);
  });

  test("multiply matrices through shared memory", async () => {
    const [m, n, k] = [33, 17, 50] as const;
    const [a, b] = [wave(m * k), wave(k * n)];
    const expected = Array.from({ length: m * n }, (_, at) => {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += (a[Math.floor(at / n) * k + l] as number) * (b[l * n + (at % n)] as number);
      return sum;
    });
    const [left, right, y] = [gpu.upload(a), gpu.upload(b), gpu.upload(expected.map(() => 0))];
    const results = await underAll(() => {
      const addresses = [left.address, right.address, y.address];
      gpu.launch("tiledMatmul", { grid: [2, 3, 1], block: [16, 16, 1], addresses, words: [m, n, k] }, "matmul");
      return gpu.values(y.buffer, m * n);
    });
    for (const result of results) expect(result).toEqual(expected);
  });

  test("sum rows by shuffles, in blocks of one warp and of many", async () => {
    const [rows, length] = [3, 1000];
    const x = wave(rows * length);
    const expected = Array.from({ length: rows }, (_, row) =>
      x.slice(row * length, (row + 1) * length).reduce((sum, value) => sum + value, 0),
    );
    const [from, y] = [gpu.upload(x), gpu.upload([0, 0, 0])];
    for (const threads of [32, 96, 1024])
      for (const result of await underAll(() => {
        gpu.launch("sumRows", {
          grid: [rows, 1, 1],
          block: [threads, 1, 1],
          addresses: [from.address, y.address],
          words: [length],
        });
        return gpu.values(y.buffer, rows);
      }))
        expect(result).toEqual(expected);
  });

  test("vote, shuffle down and count atomically", async () => {
    const { buffer, address } = gpu.upload([0]);
    gpu.launch("vote", { block: [128, 1, 1], addresses: [address] });
    const counted = await gpu.native.read(gpu.device, buffer, 0, 4);
    expect(new Uint32Array(counted.buffer)[0]).toBe(4);
  });

  test("get more shared memory than 48 KiB where they ask for it, filled by copies in the background", async () => {
    const line = wave(20_000);
    const y = gpu.upload(line);
    gpu.launch("reverse", { block: [128, 1, 1], sharedBytes: 80_000, addresses: [y.address], words: [20_000] });
    expect(await gpu.values(y.buffer, 20_000)).toEqual(line.reverse());
  });

  test("round to f16 and bf16 as IEEE says", async () => {
    const cases: readonly (readonly [x: number, half: number, brain: number])[] = [
      [1, 0x3c00, 0x3f80],
      [-0, 0x8000, 0x8000],
      [1 + 2 ** -11, 0x3c00, 0x3f80],
      [1 + 3 * 2 ** -11, 0x3c02, 0x3f80],
      [1 + 2 ** -8, 0x3c04, 0x3f80],
      [1 + 3 * 2 ** -8, 0x3c0c, 0x3f82],
      [65519, 0x7bff, 0x4780],
      [65520, 0x7c00, 0x4780],
      [2 ** -24, 0x0001, 0x3380],
      [2 ** -25, 0x0000, 0x3300],
      [-3 * 2 ** -25, 0x8002, 0xb3c0],
      [2 ** -14, 0x0400, 0x3880],
      [Number.POSITIVE_INFINITY, 0x7c00, 0x7f80],
    ];
    const x = gpu.upload(cases.map(([value]) => value));
    const [half, brain, back] = [gpu.upload(wave(20)), gpu.upload(wave(20)), gpu.upload(wave(20))];
    const addresses = [x.address, half.address, brain.address, back.address];
    gpu.launch("round", { block: [256, 1, 1], addresses, words: [cases.length] });
    const bits = async (buffer: number): Promise<number[]> => {
      const bytes = await gpu.native.read(gpu.device, buffer, 0, 2 * cases.length);
      return Array.from(new Uint16Array(bytes.buffer, 0, cases.length));
    };
    expect(await bits(half.buffer)).toEqual(cases.map(([, expected]) => expected));
    expect(await bits(brain.buffer)).toEqual(cases.map(([, , expected]) => expected));
    const [one, , , , , , large, infinite, tiny] = await gpu.values(back.buffer, cases.length);
    expect([one, large, infinite, tiny]).toEqual([2, 65504 + 65536, Number.POSITIVE_INFINITY, 2 ** -23]);
  });

  test("fill up to the last byte and no further", async () => {
    for (const elements of [1, 4, 5, 1000, 70_001]) {
      const y = gpu.upload(new Float32Array(elements + 1));
      const runs = Math.ceil(elements / 4);
      const words = [floatWord(2.5), runs, elements * 4 - (runs - 1) * 16];
      gpu.launch("fill", { grid: [Math.ceil(runs / 256), 1, 1], block: [256, 1, 1], addresses: [y.address], words }, "fill");
      const got = await gpu.values(y.buffer, elements + 1);
      expect([new Set(got.slice(0, -1)), got.at(-1)]).toEqual([new Set([2.5]), 0]);
      gpu.native.free(gpu.device, y.buffer);
    }
  });

  test("have as much memory as the environment says, and again what is freed", async () => {
    vi.stubEnv("VERTEBRA_CUDA_HOST_MEMORY", "1000");
    const small = new TestDevice(loaded, 1);
    vi.unstubAllEnvs();
    const { buffer } = small.native.alloc(small.device, 900);
    expect(small.native.memInfo(small.device)).toEqual({ freeBytes: 100, totalBytes: 1000 });
    expect(() => small.native.alloc(small.device, 101)).toThrow(OutOfMemoryError);
    small.native.free(small.device, buffer);
    small.native.alloc(small.device, 1000);
    await small.native.close(small.device);
  });

  test("are not run where the schedule is none", async () => {
    const mortal = new TestDevice(loaded, 1);
    process.env.VERTEBRA_CUDA_HOST_SCHEDULE = "sideways";
    expect(() => mortal.launch("empty", { words: [0] })).toThrow("CUDA_ERROR_LAUNCH_FAILED");
    await mortal.native.close(mortal.device);
  });

  test("find NaN in memory that nobody has written", async () => {
    const { buffer } = gpu.native.alloc(gpu.device, 64);
    expect((await gpu.values(buffer, 16)).every(Number.isNaN)).toBe(true);
  });

  describe("that take their time", () => {
    const DELAY_MS = 100;
    beforeEach(() => vi.stubEnv("VERTEBRA_CUDA_HOST_DELAY_MS", String(DELAY_MS)));
    afterEach(() => vi.unstubAllEnvs());

    test("are waited for while JavaScript goes on", async () => {
      const { buffer } = gpu.upload([3]);
      const order: string[] = [];
      const read = gpu.values(buffer, 1).then((got) => order.push(`read ${got}`));
      const synced = gpu.native.sync(gpu.device).then(() => order.push("synced"));
      setImmediate(() => order.push("immediate"));
      await Promise.all([read, synced]);
      expect(order).toEqual(["immediate", "read 3", "synced"]);
    });

    test("keep no marks from being asked too early", async () => {
      const [start, end] = [gpu.native.mark(gpu.device), gpu.native.mark(gpu.device)];
      expect(() => gpu.native.elapsedMs(gpu.device, start, end)).toThrow("both moments must be past");
      await gpu.native.sync(gpu.device);
      expect(gpu.native.elapsedMs(gpu.device, start, end)).toBeLessThan(DELAY_MS);
    });

    test("make the host wait only when all staging blocks are full", async () => {
      const slow = new TestDevice(loaded, 1);
      const { buffer } = slow.native.alloc(slow.device, 64 << 20);
      const write = (megabytes: number): number => {
        const start = performance.now();
        slow.native.write(slow.device, buffer, 0, new Uint8Array(megabytes << 20));
        return performance.now() - start;
      };
      vi.stubEnv("VERTEBRA_CUDA_HOST_DELAY_MS", "1500");
      const first = write(64);
      const second = write(4);
      expect([first < 1500, first + second > 1500]).toEqual([true, true]);
      await slow.native.close(slow.device);
    });
  });
});
