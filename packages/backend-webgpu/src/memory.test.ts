import {
  BatchNorm2d,
  backward,
  Conv2d,
  crossEntropy,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Scope,
  Sequential,
  seedInit,
  sgd,
  type Tensor,
  tensor,
  withDevice,
} from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { deviceOn } from "./device";
import { openForTests } from "./testing/open-device";

const { device: opened, reason } = await openForTests();
await opened?.close();

/** A device, and how many GPUBuffers of what size it has made and not destroyed. */
async function openCounted() {
  const found = await findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });
  const capabilities = await requestDevice(found);
  const { gpu } = capabilities;
  const live = { made: 0, buffers: 0, bytes: 0 };
  const create = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    live.made++;
    live.buffers++;
    live.bytes += descriptor.size;
    buffer.destroy = () => {
      live.buffers--;
      live.bytes -= descriptor.size;
      return destroy();
    };
    return buffer;
  };
  return { device: deviceOn(found, capabilities), live };
}

const SIZE = 8;

/** One of each layer. */
const network = () =>
  new Sequential([
    new Conv2d(1, 4, { kernel: 3, padding: 1 }),
    new BatchNorm2d(4),
    new ReLU(),
    new MaxPool2d({ kernel: 2 }),
    new Flatten(),
    new Linear((4 * SIZE * SIZE) / 4, 10),
  ]);

describe.skipIf(!opened)(`a thousand steps of training (${opened?.adapter ?? reason})`, () => {
  const STEPS = 1000;
  const WARM = 100;

  test("take no more memory than the first, in tensors and on the GPU", async () => {
    const { device, live } = await openCounted();
    seedInit(0);
    const model = withDevice(device, network);
    const optimizer = sgd(model, { lr: 0.01, momentum: 0.9 });
    const pixels = Float32Array.from({ length: 2 * SIZE * SIZE }, (_, i) => Math.sin(i * i));

    /** As a training loop is written: a batch is uploaded, now and then the loss is read. */
    const step = async (index: number): Promise<number | undefined> => {
      const scope = new Scope(undefined);
      const loss = scope.run((): Tensor => {
        const images = tensor(pixels, { shape: [2, 1, SIZE, SIZE], device });
        const labels = tensor([3, 7], { dtype: "i32", device });
        const loss = crossEntropy(model.forward(images), labels);
        optimizer.step(backward(loss));
        return loss;
      });
      const value = index % 20 === 0 ? await loss.item() : undefined;
      scope.end();
      return value;
    };

    const first = await step(0);
    for (let i = 1; i < WARM; i++) await step(i);
    await device.sync();
    const [memory, before] = [device.memory(), { ...live }];
    for (let i = WARM; i < STEPS; i++) await step(i);
    const last = await step(STEPS);
    await device.sync();
    expect(device.memory()).toEqual(memory);
    expect(live).toEqual(before);
    expect(live.bytes).toBeLessThan(16 << 20);
    expect(first).toBeGreaterThan(1);
    expect(last).toBeLessThan(0.01);

    optimizer.dispose();
    model.dispose();
    await device.close();
  }, 180_000);
});
