import {
  add,
  backward,
  crossEntropy,
  type Device,
  DeviceError,
  full,
  matmul,
  Scope,
  sgd,
  type Tensor,
  tensor,
} from "@vertebra/core";
import { lenet5 } from "@vertebra/models";
import { describe, expect, test } from "vitest";
import { findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { deviceOn } from "./device";
import { warmUp } from "./index";
import { openForTests } from "./testing/open-device";

const wanted = process.env.WEBGPU_ADAPTER ?? "swiftshader";
const { device: opened, reason } = await openForTests();
await opened?.close();

/** A device, and what a driver's reset is to a page or process. */
async function openMortal(): Promise<{ device: Device; lose: () => void; gone: Promise<unknown> }> {
  const found = await findAdapter({ adapter: wanted });
  const capabilities = await requestDevice(found);
  const { gpu } = capabilities;
  return { device: deviceOn(found, capabilities), lose: () => gpu.destroy(), gone: gpu.lost };
}

const LOST =
  /^webgpu: the GPU must stay with the process, but the device was lost, got .*\. Open a new device .* load the last checkpoint/;
const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => error,
  );

/** Expects what everybody must see of a lost device, and that another works in the same process. */
async function expectLost(device: Device, x: Tensor): Promise<void> {
  expect(() => add(x, 1)).toThrow(LOST);
  expect(() => tensor([1], { device })).toThrow(LOST);
  for (const call of [() => x.data(), () => device.sync(), () => warmUp(device, () => add(x, 1))]) {
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as Error).message).toMatch(LOST);
  }
  const { buffers } = device.memory();
  x.dispose();
  expect(device.memory().buffers).toBe(buffers - 1);
  await device.close();
  const { device: next } = await openMortal();
  const y = tensor([5], { device: next });
  expect(Array.from(await y.data())).toEqual([5]);
  y.dispose();
  await next.close();
}

describe.skipIf(!opened)(`a lost device (${opened?.adapter ?? reason})`, () => {
  test("while work is queued", async () => {
    const { device, lose, gone } = await openMortal();
    const x = tensor([1, 2], { device });
    const scope = new Scope(undefined);
    scope.run(() => {
      for (let i = 0; i < 300; i++) matmul(full([32, 32], 1, { device }), full([32, 32], 1, { device }));
    });
    lose();
    await gone;
    scope.end();
    await expectLost(device, x);
  });

  test("while several read", async () => {
    const { device, lose } = await openMortal();
    const x = tensor([1, 2], { device });
    const scope = new Scope(undefined);
    const waiting = [1, 2, 3].map((value) => scope.run(() => add(x, value)).data());
    const errors = [...waiting, device.sync()].map(errorOf);
    lose();
    for (const error of await Promise.all(errors)) expect(`${error}`).toMatch(/^DeviceError: .*the device was lost/);
    scope.end();
    await expectLost(device, x);
  });

  test("while kernels are compiled ahead", async () => {
    const { device, lose } = await openMortal();
    const x = full([4, 4], 1, { device });
    const scope = new Scope(undefined);
    const warming = warmUp(device, () => scope.run(() => add(matmul(x, x), 1)));
    lose();
    expect(`${await errorOf(warming)}`).toMatch(/^DeviceError: .*the device was lost/);
    scope.end();
    await expectLost(device, x);
  });

  test("with a model in training: everything can be disposed", async () => {
    const { device, lose, gone } = await openMortal();
    const x = tensor([1], { device });
    const batch = { images: full([2, 1, 32, 32], 0.5, { device }), labels: tensor([1, 2], { dtype: "i32", device }) };
    const train = async (end: () => Promise<unknown>) => {
      const model = lenet5({ device, numClasses: 10 });
      const optimizer = sgd(model, { lr: 0.1, momentum: 0.9 });
      const scope = new Scope(undefined);
      const step = () => {
        const { images, labels } = batch;
        optimizer.step(backward(crossEntropy(model.forward(images), labels)));
      };
      scope.run(step);
      await end();
      const after = await errorOf((async () => scope.run(step))());
      scope.end();
      optimizer.dispose();
      model.dispose();
      return after;
    };
    expect(await train(() => device.sync())).toBe("no error");
    const { buffers } = device.memory();
    const error = await train(async () => {
      lose();
      await gone;
    });
    expect(`${error}`).toMatch(/^DeviceError: conv1: webgpu: .*the device was lost/);
    expect(device.memory().buffers).toBe(buffers);
    await expectLost(device, x);
  });
});

describe.skipIf(!opened)("a closed device", () => {
  test("tells those who still read", async () => {
    const { device } = await openMortal();
    const x = tensor([1, 2], { device });
    const errors = [x.data(), x.data(), device.sync()].map(errorOf);
    const closing = device.close();
    for (const error of await Promise.all(errors))
      expect(`${error}`).toMatch(/^DeviceError: webgpu: the device must be open, got a closed one/);
    await closing;
    x.dispose();
    expect(device.memory()).toMatchObject({ buffers: 0, bytesInUse: 0 });
  });
});
