import {
  add,
  crossEntropy,
  type Device,
  DeviceError,
  OutOfMemoryError,
  relu,
  seedInit,
  sgd,
  tensor,
  valueAndGrad,
  zeros,
} from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cuda, record } from "./index";
import { prepareHost } from "./testing/native";

const MIB = 1 << 20;
const { native, reason } = await prepareHost();

/** Every test opens a device of its own, since most are broken in the end. */
async function open(settings: Readonly<Record<string, string>> = {}, index = 0): Promise<Device> {
  vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(`VERTEBRA_CUDA_HOST_${name}`, value);
  return cuda({ index }).open();
}

describe.skipIf(!native)(`a GPU that fails ${reason ?? ""}`, () => {
  afterEach(() => vi.unstubAllEnvs());

  test.each(["ILLEGAL_ADDRESS", "LAUNCH_FAILED"])(
    "by %s says so to whoever asks next, and to all who come later",
    async (code) => {
      const device = await open({ FAULT: `3:${code}` });
      const x = tensor([1, -1], { device });
      const y = add(add(relu(x), x), x);
      const first = await y.data().catch((error: Error) => error);
      expect(first).toBeInstanceOf(DeviceError);
      expect(String(first)).toContain(`kernels must run through, but one failed`);
      expect(String(first)).toContain(`CUDA_ERROR_${code}`);
      expect(() => relu(x)).toThrow(DeviceError);
      expect(() => relu(x)).toThrow(
        /^allocate: kernels must run through.*got an earlier error: cuda \w+: CUDA_ERROR_.*Close every device/,
      );
      await expect(device.sync()).rejects.toThrow(/^sync: kernels must run through/);
      expect(() => record(device, () => relu(x))).toThrow(/^record: kernels/);
      x.dispose();
      y.dispose();
      await device.close();
    },
  );

  test("names the kernel where launches are waited for", async () => {
    vi.stubEnv("CUDA_LAUNCH_BLOCKING", "1");
    const device = await open({ FAULT: "1:ILLEGAL_ADDRESS" });
    const x = relu(tensor([1], { device }));
    await expect(x.data()).rejects.toThrow(/CUDA_ERROR_ILLEGAL_ADDRESS from cuLaunchKernel: .*: \w+Kernel with grid \[1, 1, 1\]/);
    await device.close();
  });

  test("in a replay breaks the device too", async () => {
    const device = await open({ FAULT: "4:LAUNCH_FAILED" });
    const x = tensor([1], { device });
    const recording = record(device, () => relu(x));
    recording.replay();
    recording.replay();
    await expect(recording.result.data()).rejects.toThrow("CUDA_ERROR_LAUNCH_FAILED");
    expect(() => recording.replay()).toThrow(/^replay: kernels must run through/);
    recording.dispose();
    await device.close();
  });

  test("works again once it is closed and opened in the same process, and the other was never touched", async () => {
    const other = await open({}, 1);
    const broken = await open({ FAULT: "1:ILLEGAL_ADDRESS" });
    await expect(relu(tensor([1], { device: broken })).data()).rejects.toThrow(DeviceError);
    vi.stubEnv("VERTEBRA_CUDA_HOST_FAULT", "");
    // The context is the process's, and still there.
    await expect(cuda().open()).rejects.toThrow(/^cuda open: kernels must run through.*Close every device of this GPU/);
    await broken.close();
    const next = await cuda().open();
    for (const device of [next, other]) {
      const y = relu(tensor([-1, 5], { device }));
      expect([...(await y.data())]).toEqual([0, 5]);
      await device.close();
    }
  });

  test("for want of memory in a step trains on with a smaller batch, and with the right numbers", async () => {
    const train = async (device: Device, batches: readonly number[]) => {
      seedInit(1);
      const model = createModel("lenet5", { device, numClasses: 10 });
      const optimizer = sgd(model, { lr: 0.1, momentum: 0.9 });
      const losses: unknown[] = [];
      for (const batch of batches) {
        const images = zeros([batch, 1, 32, 32], { device });
        const labels = tensor(
          Array.from({ length: batch }, (_, i) => i % 10),
          { dtype: "i32", device },
        );
        try {
          const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(images), labels));
          optimizer.step(grads);
          losses.push(await value.item());
          for (const used of [value, grads]) used.dispose();
        } catch (error) {
          losses.push((error as Error).constructor);
        }
        for (const used of [images, labels]) used.dispose();
      }
      const { bytesInUse } = device.memory();
      await device.close();
      return { losses, bytesInUse };
    };
    const plenty = await train(await open(), [8, 8, 8]);
    const scarce = await train(await open({ MEMORY: `${4 * MIB}` }), [8, 512, 8, 8]);
    expect(scarce.losses).toEqual([plenty.losses[0], OutOfMemoryError, ...plenty.losses.slice(1)]);
    expect(scarce.bytesInUse).toBe(plenty.bytesInUse);
  });
});
