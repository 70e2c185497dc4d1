import { DeviceError, OutOfMemoryError } from "@vertebra/core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { floatWord } from "./batch";
import { isHostDriver } from "./images";
import { listGpus } from "./machine";
import { findNative, type Loaded, requireAddon } from "./native";
import { prepareForTests, TestDevice } from "./testing/native";

const prepared = await prepareForTests();
const loaded = prepared as Loaded;
const gpus = prepared.native?.devices(loaded.driver) ?? [];
const isHost = gpus.some(isHostDriver);

describe.skipIf(!prepared.native)(`the addon ${prepared.reason ?? ""}`, () => {
  let gpu: TestDevice;
  beforeAll(() => {
    gpu = new TestDevice(loaded);
  });
  afterAll(() => gpu.native.close(gpu.device));

  const scale = (x: number, y: number, factor: number, elements: number) =>
    [
      "scale",
      {
        grid: [Math.ceil(elements / 256), 1, 1],
        block: [256, 1, 1],
        addresses: [x, y],
        words: [floatWord(factor), elements],
      },
    ] as const;

  describe("memory", () => {
    test("reads what was written, also when the array is overwritten at once", async () => {
      const { buffer } = gpu.native.alloc(gpu.device, 3);
      const bytes = Uint8Array.of(1, 2, 3);
      gpu.native.write(gpu.device, buffer, 0, bytes);
      bytes.fill(9);
      expect(await gpu.native.read(gpu.device, buffer, 0, 3)).toEqual(Uint8Array.of(1, 2, 3));
      gpu.native.free(gpu.device, buffer);
    });

    test("writes and reads parts, and nothing of nothing", async () => {
      const { buffer } = gpu.upload([1, 2, 3, 4]);
      gpu.native.write(gpu.device, buffer, 4, new Uint8Array(Float32Array.of(7, 8).buffer));
      gpu.native.write(gpu.device, buffer, 16, new Uint8Array());
      expect(await gpu.values(buffer, 4)).toEqual([1, 7, 8, 4]);
      const part = await gpu.native.read(gpu.device, buffer, 8, 4);
      expect(new Float32Array(part.buffer)[0]).toBe(8);
      expect(await gpu.native.read(gpu.device, buffer, 16, 0)).toHaveLength(0);
    });

    test("takes more bytes at once than all staging blocks hold", async () => {
      const bytes = new Uint8Array(70 << 20);
      for (let at = 0; at < bytes.length; at += 4093) bytes[at] = at % 251;
      const { buffer } = gpu.native.alloc(gpu.device, bytes.length);
      gpu.native.write(gpu.device, buffer, 0, bytes);
      const read = await gpu.native.read(gpu.device, buffer, 0, bytes.length);
      expect(Buffer.compare(read, bytes)).toBe(0);
      gpu.native.free(gpu.device, buffer);
    });

    test("copies between ranges of buffers", async () => {
      const from = gpu.upload([1, 2, 3]);
      const to = gpu.upload([0, 0, 0]);
      gpu.native.copy(gpu.device, to.buffer, 4, gpu.device, from.buffer, 0, 8);
      expect(await gpu.values(to.buffer, 3)).toEqual([0, 1, 2]);
    });

    test("reads the values of the moment of the call, although the buffer is freed at once", async () => {
      const { buffer } = gpu.upload([5]);
      const read = gpu.values(buffer, 1);
      gpu.native.write(gpu.device, buffer, 0, new Uint8Array(4));
      gpu.native.free(gpu.device, buffer);
      expect(await read).toEqual([5]);
    });

    test("is free again after 10,000 allocations", () => {
      const before = gpu.native.memInfo(gpu.device).freeBytes;
      const heap = process.memoryUsage().rss;
      for (let i = 0; i < 10_000; i++) gpu.native.free(gpu.device, gpu.native.alloc(gpu.device, 1 << 16).buffer);
      gpu.native.trim(gpu.device);
      expect(before - gpu.native.memInfo(gpu.device).freeBytes).toBeLessThanOrEqual(isHost ? 0 : 64 << 20);
      expect(process.memoryUsage().rss - heap).toBeLessThan(64 << 20);
    });
  });

  describe("launches", () => {
    test("run in order, many in one call", async () => {
      const x = gpu.upload([1, -2, 3]);
      const launches = Array.from({ length: 500 }, (_, i) => scale(x.address, x.address, i % 2 ? 0.5 : 2, 3));
      gpu.native.launch(gpu.device, gpu.batch([...launches, scale(x.address, x.address, 3, 3)]));
      expect(await gpu.values(x.buffer, 3)).toEqual([3, -6, 9]);
    });

    test("do the same when they are recorded and replayed", async () => {
      const x = gpu.upload([1, 2]);
      const graph = gpu.native.record(
        gpu.device,
        gpu.batch([scale(x.address, x.address, 3, 2), scale(x.address, x.address, 2, 2)]),
      );
      expect(await gpu.values(x.buffer, 2)).toEqual([1, 2]);
      for (let i = 0; i < 2; i++) gpu.native.replay(gpu.device, graph);
      expect(await gpu.values(x.buffer, 2)).toEqual([36, 72]);
      gpu.native.freeGraph(gpu.device, graph);
      expect(() => gpu.native.replay(gpu.device, graph)).toThrow("graph 1 was released");
    });

    test("are timed between two marks", async () => {
      const x = gpu.upload([1]);
      const start = gpu.native.mark(gpu.device);
      gpu.launch(...scale(x.address, x.address, 1, 1));
      const end = gpu.native.mark(gpu.device);
      await gpu.native.sync(gpu.device);
      expect(gpu.native.elapsedMs(gpu.device, start, end)).toBeGreaterThan(0);
      for (const mark of [start, end]) gpu.native.freeMark(gpu.device, mark);
    });

    test("say what is known of a kernel", () => {
      expect(gpu.kernel("sumRows")).toMatchObject({ maxThreads: 1024, paramsBytes: 24, localBytes: 0 });
    });
  });

  test.skipIf(gpus.length < 2)("two devices copy to each other in the order of both", async () => {
    const other = new TestDevice(loaded, 1);
    const x = gpu.upload([1, 2]);
    const y = other.upload([0, 0]);
    gpu.launch(...scale(x.address, x.address, 10, 2));
    other.native.copy(other.device, y.buffer, 0, gpu.device, x.buffer, 0, 8);
    gpu.launch(...scale(x.address, x.address, 10, 2));
    other.launch(...scale(y.address, y.address, 2, 2));
    expect([await other.values(y.buffer, 2), await gpu.values(x.buffer, 2)]).toEqual([
      [20, 40],
      [100, 200],
    ]);
    await other.native.close(other.device);
  });

  describe("errors", () => {
    const errorOf = (call: () => unknown): Error => {
      try {
        call();
      } catch (error) {
        return error as Error;
      }
      throw new Error("nothing was thrown");
    };

    test("of memory are OutOfMemoryErrors, and the device goes on", async () => {
      const error = errorOf(() => gpu.native.alloc(gpu.device, 2 ** 45));
      expect(error).toBeInstanceOf(OutOfMemoryError);
      expect(error.message).toMatch(/^cuda alloc: the GPU must have room, got cuMemAllocAsync: .*Free tensors/);
      expect(await gpu.values(gpu.upload([1]).buffer, 1)).toEqual([1]);
    });

    test("name a buffer that is released twice, or never was", () => {
      const { buffer } = gpu.upload([1]);
      gpu.native.free(gpu.device, buffer);
      expect(() => gpu.native.free(gpu.device, buffer)).toThrow(`buffer ${buffer} was released`);
      expect(() => gpu.native.free(gpu.device, 1e15)).toThrow("buffer 1000000000000000 was never made");
      expect(errorOf(() => gpu.native.read(gpu.device, buffer, 0, 4))).toBeInstanceOf(DeviceError);
    });

    test("of sizes say what there is", () => {
      const { buffer } = gpu.upload([1, 2]);
      expect(() => gpu.native.write(gpu.device, buffer, 4, new Uint8Array(5))).toThrow(
        /bytes \[4, 9\) of buffer \d+, which has 8/,
      );
      expect(() => gpu.native.read(gpu.device, buffer, 9, 0)).toThrow("bytes [9, 9)");
      expect(() => gpu.native.alloc(gpu.device, 0)).toThrow("a buffer must have bytes, got 0");
      expect(() => gpu.native.alloc(gpu.device, -1)).toThrow("bytes must be a whole number");
      expect(() => gpu.native.copy(gpu.device, buffer, 0, gpu.device, buffer, 2, 4)).toThrow("must not overlap");
    });

    test("of a launch name the kernel and the numbers", () => {
      const launch = (fields: object) => () => gpu.launch("empty", { words: [0], ...fields });
      expect(launch({ block: [2048, 1, 1] })).toThrow(/emptyKernel with grid \[1, 1, 1\], block \[2048, 1, 1\]/);
      expect(launch({ grid: [1, 70000, 1] })).toThrow("CUDA_ERROR_INVALID_VALUE");
      expect(launch({ grid: [0, 1, 1] })).toThrow("grid [0, 1, 1]");
      expect(launch({ sharedBytes: 1 << 20 })).toThrow("1048576 bytes of dynamic shared memory, at most");
      expect(launch({ words: [0, 0, 0] })).toThrow("emptyKernel takes 4 bytes of params, got 12");
    });

    test("of a batch that is cut short say where", () => {
      const batch = gpu.batch([["empty", { words: [0] }]]);
      expect(() => gpu.native.launch(gpu.device, batch.subarray(0, 39))).toThrow("ends inside a launch, at byte 0");
      expect(() => gpu.native.launch(gpu.device, batch.subarray(0, 44))).toThrow("ends inside params, at byte 40");
      expect(() => gpu.native.record(gpu.device, batch.subarray(0, 44))).toThrow("ends inside params");
    });

    test("of modules and kernels that aren't there", () => {
      expect(() => gpu.kernel("nothing")).toThrow("a kernel must be in its module, got CUDA_ERROR_NOT_FOUND");
      expect(() => gpu.native.loadModule(gpu.device, Uint8Array.of(1, 2, 3))).toThrow("CUDA_ERROR_INVALID_IMAGE");
      expect(() => gpu.native.loadModule(gpu.device, "x" as unknown as Uint8Array)).toThrow("image must be a Uint8Array");
    });

    test("of a closed device say so, while what was asked before still comes", async () => {
      const mortal = new TestDevice(loaded);
      const { buffer } = mortal.upload([4]);
      const read = mortal.values(buffer, 1);
      const closed = mortal.native.close(mortal.device);
      expect(() => mortal.native.sync(mortal.device)).toThrow(`device ${mortal.device} was released`);
      expect(() => mortal.native.close(mortal.device)).toThrow(DeviceError);
      expect(await read).toEqual([4]);
      await closed;
    });

    test("of a missing GPU or driver", () => {
      expect(() => loaded.native.open(loaded.driver, 99)).toThrow("the GPU's number must be one of the driver's, got GPU 99 of");
      expect(() => loaded.native.devices("/nowhere/libcuda.so.1")).toThrow(
        /^cuda devices: the driver's library must load, got dlopen: \/nowhere\/libcuda\.so\.1: .* Install NVIDIA's driver/,
      );
      expect(() => loaded.native.open("libm.so.6", 0)).toThrow(
        "must have every function that is used, got dlsym: libm.so.6 has no cuInit",
      );
    });

    test.skipIf(!isHost)("of a kernel that hangs end the device's work, and not that of devices opened later", async () => {
      const mortal = new TestDevice(loaded, 1);
      const hang = () => mortal.launch("deadlock", { block: [64, 1, 1], words: [0] });
      expect(hang).toThrow("kernels must run through");
      expect(() => mortal.upload([1])).toThrow("CUDA_ERROR_LAUNCH_FAILED");
      await mortal.native.close(mortal.device);
      const next = new TestDevice(loaded, 1);
      expect(await next.values(next.upload([2]).buffer, 1)).toEqual([2]);
      await next.native.close(next.device);
    });
  });

  describe("finding the addon", () => {
    afterEach(() => vi.unstubAllEnvs());

    test("builds the test driver where the environment asks for it, and labels it", async () => {
      vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
      expect((await findNative()).loaded?.driver).toMatch(/libcuda-host\.so$/);
      const infos = await listGpus();
      expect(infos.map(({ name }) => name)).toEqual(["host test driver", "host test driver"]);
      expect(infos[0]).toMatchObject({ computeMajor: 8, computeMinor: 0, hasMemoryPools: true });
    });

    test("names every place it isn't at", () => {
      const broken = { name: "the first place", find: () => new URL("file:///nowhere/") };
      expect(() => requireAddon([broken, { ...broken, name: "the second place" }])).toThrow(
        /got no addon \(the first place: not there; the second place: not there\)\. .*scripts\/build\.mjs"$/,
      );
    });
  });
});
