import {
  add,
  crossEntropy,
  type Device,
  DeviceError,
  OutOfMemoryError,
  relu,
  Scope,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { openReference } from "@vertebra/parity";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { CudaDevice } from "./device";
import { countsOf, cuda, timeOnGpu } from "./index";
import { findGpus } from "./machine";
import { openForTests } from "./testing/open-device";

const MIB = 1 << 20;
// The test driver's; a real GPU has what it has.
process.env.VERTEBRA_CUDA_HOST_MEMORY = `${64 * MIB}`;
const { device: opened, reason } = await openForTests();
const device = opened as Device;
const isHost = opened?.features.includes("test-driver") ?? false;

describe.skipIf(!opened)(`a device on ${opened?.adapter ?? reason}`, () => {
  afterAll(() => device.close());

  const inScope = async <T>(fn: () => Promise<T>): Promise<T> => {
    const scope = new Scope(undefined);
    try {
      return await scope.run(fn);
    } finally {
      scope.end();
    }
  };
  const made = (values: readonly number[]): Tensor => tensor(values, { device });

  test("has the order of calls, whatever is written or read in between", () =>
    inScope(async () => {
      const x = made([1, -2, 3]);
      const early = relu(x);
      const read = early.data();
      x.write([-1, 5, -6]);
      const late = add(relu(x), early);
      expect([...(await read)]).toEqual([1, 0, 3]);
      expect([...(await late.data())]).toEqual([1, 5, 3]);
    }));

  test("counts memory by size class, and what is freed is used again", async () => {
    const before = device.memory();
    const first = made([1, 2, 3]);
    expect(device.memory().bytesInUse - before.bytesInUse).toBe(256);
    first.dispose();
    const second = zeros([64], { device });
    await device.sync();
    second.dispose();
    expect(device.memory()).toMatchObject({ bytesInUse: before.bytesInUse, buffers: before.buffers });
  });

  test("hands launches over together", () =>
    inScope(async () => {
      const before = countsOf(device);
      let x = made([1]);
      for (let i = 0; i < 100; i++) x = add(x, x);
      expect([...(await x.data())]).toEqual([2 ** 100]);
      const after = countsOf(device);
      expect((after?.launches ?? 0) - (before?.launches ?? 0)).toBe(100);
      expect((after?.batches ?? 0) - (before?.batches ?? 0)).toBeLessThan(10);
    }));

  test("times work by its own clock, and goes on when the work fails", () =>
    inScope(async () => {
      const x = made([1, 2]);
      const took = await timeOnGpu(device, () => void add(x, x));
      expect(took).toBeGreaterThanOrEqual(0);
      await expect(timeOnGpu(device, () => void add(x, made([1, 2, 3])))).rejects.toThrow("sizes must be equal");
      expect([...(await add(x, x).data())]).toEqual([2, 4]);
    }));

  test.skipIf(!isHost)("says what was asked and what is used when there is no room, and goes on", () =>
    inScope(async () => {
      const kept = zeros([4 * MIB], { device });
      (device as CudaDevice).empty();
      const { bytesInUse } = device.memory();
      const asked = () => zeros([16 * MIB], { device });
      expect(asked).toThrow(OutOfMemoryError);
      zeros([MIB], { device }).dispose();
      zeros([2 * MIB], { device }).dispose();
      expect(asked).toThrow(
        `${64 * MIB} bytes asked, ${bytesInUse} in use by tensors, ${12 * MIB} idle given back first (largest block ${8 * MIB}), ` +
          `${64 * MIB - bytesInUse} of ${64 * MIB} free on the GPU. Free tensors`,
      );
      expect((await kept.data())[4 * MIB - 1]).toBe(0);
    }),
  );

  test.skipIf(!isHost)("gives back what waits for a user before it gives up", async () => {
    zeros([10 * MIB], { device }).dispose();
    const large = zeros([12 * MIB], { device });
    expect((await large.data())[0]).toBe(0);
    large.dispose();
  });

  test.skipIf(!isHost)("empty, leaves other processes all memory that no tensor has", async () => {
    const { native, driver } = (await findGpus()).loaded;
    const { device: watcher } = native.open(driver, 0);
    const freeBytes = () => native.memInfo(watcher).freeBytes;
    (device as CudaDevice).empty();
    const before = freeBytes();
    const kept = zeros([MIB], { device });
    zeros([4 * MIB], { device }).dispose();
    expect(before - freeBytes()).toBe(20 * MIB);
    (device as CudaDevice).empty();
    expect(before - freeBytes()).toBe(4 * MIB);
    kept.dispose();
    await native.close(watcher);
  });

  test.skipIf(!isHost)("takes no more memory for the tenth model than for the second, tables included", async () => {
    const { native, driver } = (await findGpus()).loaded;
    const { device: watcher } = native.open(driver, 0);
    const uses: unknown[] = [];
    for (let i = 0; i < 10; i++) {
      const model = createModel("lenet5", { device });
      const images = zeros([2, 1, 32, 32], { device });
      const labels = tensor([1, 2], { dtype: "i32", device });
      const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(images), labels));
      await value.item();
      for (const used of [value, grads, images, labels, model]) used.dispose();
      uses.push({ ...device.memory(), ...native.memInfo(watcher) });
    }
    expect(new Set(uses.slice(1).map((use) => JSON.stringify(use))).size).toBe(1);
    await native.close(watcher);
  });

  test.skipIf(!isHost)("gives nothing back that launches still have to read", () =>
    inScope(async () => {
      const x = zeros([5 * MIB], { device });
      const sum = add(x, 3);
      x.dispose();
      const large = zeros([9 * MIB], { device });
      expect((await sum.data())[5 * MIB - 1]).toBe(3);
      large.dispose();
    }),
  );

  test("closed, refuses everything by name", async () => {
    const other = await cuda().open();
    const x = tensor([1], { device: other });
    await other.close();
    await other.close();
    expect(() => relu(x)).toThrow(/allocate: the cuda device must be open, got a closed one/);
    await expect(x.data()).rejects.toThrow(DeviceError);
    x.dispose();
  });

  test("works beside another, which has memory of its own", () =>
    inScope(async () => {
      const gpus = await cuda({ index: 1 })
        .open()
        .catch((error: Error) => error);
      if (gpus instanceof Error) return expect(gpus.message).toMatch(/the GPU's number must be one of the driver's/);
      expect(gpus.name).toBe("cuda:1");
      const moved = await made([1, -1]).to(gpus);
      expect([...(await relu(moved).data())]).toEqual([1, 0]);
      expect(() => add(moved, made([1, 2]))).toThrow("all arguments must be on one device, got cuda:1 and cuda");
      moved.dispose();
      await gpus.close();
    }));

  test.skipIf(!isHost)("copies to another GPU in the order of both, and waits for neither", () =>
    inScope(async () => {
      const gpu = await cuda({ index: 1 }).open();
      const x = made([1, 2]);
      vi.stubEnv("VERTEBRA_CUDA_HOST_DELAY_MS", "2000");
      const start = performance.now();
      const early = add(x, 1);
      const sent = early.to(gpu);
      early.write([0, 0]);
      const there = relu(await sent);
      expect(performance.now() - start).toBeLessThan(2000);
      vi.unstubAllEnvs();
      expect([...(await there.data())]).toEqual([2, 3]);
      const empty = await zeros([0, 3], { device }).to(gpu);
      expect(empty.shape).toEqual([0, 3]);
      const half = await tensor([1.5], { device, dtype: "f16" }).to(gpu);
      expect([half.dtype, ...(await half.data())]).toEqual(["f16", 1.5]);
      for (const used of [there, await sent, empty, half]) used.dispose();
      await gpu.close();
    }),
  );

  test("copies to and from devices of other backends by way of the host", () =>
    inScope(async () => {
      const reference = openReference();
      const there = await made([1, -2]).to(reference);
      const back = await add(there, 1).to(device);
      expect([...(await relu(back).data())]).toEqual([2, 0]);
    }));

  test("that doesn't exist is an error with what there is", async () => {
    await expect(cuda({ index: 99 }).open()).rejects.toThrow(/the GPU's number must be one of the driver's, got .*99/);
  });

  test.each([
    [{ index: -1 }, "cuda: index must be a whole number from 0 on, got -1"],
    [{ tf32: 1 }, "cuda: tf32 must be true or false, got 1"],
    [{ idnex: 1 }, 'got "idnex". Did you mean "index"?'],
    [null, "cuda: options must be an object, got null"],
  ])("refuses options %j", async (options, message) => {
    await expect(cuda(options as object).open()).rejects.toThrow(message);
  });
});
