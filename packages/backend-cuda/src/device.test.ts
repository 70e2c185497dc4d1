import { add, type Device, DeviceError, OutOfMemoryError, relu, Scope, type Tensor, tensor, zeros } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { countsOf, cuda, timeOnGpu } from "./index";
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
      const { bytesInUse } = device.memory();
      const asked = () => zeros([16 * MIB], { device });
      expect(asked).toThrow(OutOfMemoryError);
      expect(asked).toThrow(`${64 * MIB} bytes asked, ${bytesInUse} in use by tensors`);
      expect((await kept.data())[4 * MIB - 1]).toBe(0);
    }),
  );

  test.skipIf(!isHost)("gives back what waits for a user before it gives up", async () => {
    zeros([10 * MIB], { device }).dispose();
    const large = zeros([12 * MIB], { device });
    expect((await large.data())[0]).toBe(0);
    large.dispose();
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

  test("that doesn't exist is an error with what there is", async () => {
    await expect(cuda({ index: 99 }).open()).rejects.toThrow(/the GPU's number must be one of the driver's, got .*99/);
  });

  test.each([
    [{ index: -1 }, "cuda: index must be a whole number from 0 on, got -1"],
    [{ idnex: 1 }, 'got "idnex". Did you mean "index"?'],
    [null, "cuda: options must be an object, got null"],
  ])("refuses options %j", async (options, message) => {
    await expect(cuda(options as object).open()).rejects.toThrow(message);
  });
});
