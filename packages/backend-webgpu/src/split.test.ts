import {
  add,
  conv2d,
  type Device,
  greater,
  maxPool2d,
  mul,
  OutOfMemoryError,
  Philox,
  relu,
  Scope,
  softmax,
  sum,
  type Tensor,
  tensor,
  toDtype,
  where,
} from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { deviceOn } from "./device";
import { countsOf } from "./index";
import { openForTests } from "./testing/open-device";

const { device: whole, reason } = await openForTests();
/** A device like the other, but for bindings of 4 KiB. */
const LIMIT = 4096;
const divided = whole && (await openDivided());

async function openDivided(): Promise<Device> {
  const found = await findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });
  const capabilities = await requestDevice(found);
  return deviceOn(found, { ...capabilities, limits: { ...capabilities.limits, maxStorageBufferBindingSize: LIMIT } });
}

const normal = (shape: readonly number[], device: Device, stream: number): Tensor =>
  tensor(new Philox(3, stream).normalArray(shape.reduce((count, size) => count * size, 1)), { shape, device });

/** Each gives more than fits one binding. */
const CASES: readonly (readonly [string, (device: Device) => Tensor])[] = [
  ["elements", (device) => add(normal([3001], device, 0), normal([3001], device, 1))],
  ["one row of elements", (device) => mul(normal([1, 3001], device, 0), 3)],
  ["a scalar and bytes", (device) => toDtype(greater(normal([9001], device, 0), 0.5), "f32")],
  ["a choice by bytes", (device) => where(greater(normal([5000], device, 0), 0), normal([5000], device, 1), 7)],
  ["broadcasting by channel", (device) => add(normal([64, 4, 3, 3], device, 0), normal([4, 1, 1], device, 1))],
  ["broadcasting by image", (device) => mul(normal([128, 4, 4], device, 0), normal([128, 1, 1], device, 1))],
  [
    "convolution",
    (device) => conv2d(normal([64, 4, 8, 8], device, 0), normal([8, 4, 3, 3], device, 1), normal([8], device, 2), { padding: 1 }),
  ],
  ["pooling", (device) => maxPool2d(relu(normal([64, 2, 8, 8], device, 0)), { kernel: 2 })],
  ["softmax", (device) => softmax(normal([640, 10], device, 0), -1)],
];

describe.skipIf(!whole)(`tensors past a binding's limit on ${whole?.adapter ?? reason}`, () => {
  afterAll(() => Promise.all([whole?.close(), divided?.close()]));

  const evaluate = async (device: Device, fn: (device: Device) => Tensor): Promise<ArrayLike<number>> => {
    const scope = new Scope(undefined);
    try {
      return await scope.run(() => fn(device)).data();
    } finally {
      scope.end();
    }
  };

  test.each(CASES)("%s: the same bits in parts", async (_, fn) => {
    const before = countsOf(divided as Device)?.launches ?? 0;
    const expected = await evaluate(whole as Device, fn);
    expect(await evaluate(divided as Device, fn)).toEqual(expected);
    expect((countsOf(divided as Device)?.launches ?? 0) - before).toBeGreaterThanOrEqual(2);
  });

  test("an op that mixes all elements says so, and the device goes on", async () => {
    await expect(evaluate(divided as Device, (device) => sum(normal([3001], device, 0)))).rejects.toThrow(OutOfMemoryError);
    expect(await evaluate(divided as Device, (device) => sum(normal([3], device, 0)))).toHaveLength(1);
  });
});
