import {
  add,
  amax,
  argmax,
  batchNormTrain,
  concat,
  conv2d,
  type Device,
  expand,
  floor,
  gather,
  greater,
  logSoftmax,
  matmul,
  maxPool2d,
  mul,
  OutOfMemoryError,
  pad,
  permute,
  prod,
  relu,
  type ScatterAddAttrs,
  scatterAdd,
  slice,
  sliceGrad,
  softmax,
  sum,
  type Tensor,
  tensor,
  toDtype,
  topK,
  uniform,
  where,
} from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { countsOf } from "../index";
import { evaluate, farthest, gradients, normal, openDivided } from "../testing/divided-device";
import { openForTests } from "../testing/open-device";

const { device: whole, reason } = await openForTests();
/** A device like the other, but for bindings of 16 KiB. */
const divided = whole && (await openDivided(16384));

/** Each gives more than fits one binding. */
const CASES: readonly (readonly [string, (device: Device) => Tensor])[] = [
  ["elements", (device) => add(normal([12001], device, 0), normal([12001], device, 1))],
  ["one row of elements", (device) => mul(normal([1, 12001], device, 0), 3)],
  ["a scalar and bytes", (device) => toDtype(greater(normal([36001], device, 0), 0.5), "f32")],
  ["a choice by bytes", (device) => where(greater(normal([20000], device, 0), 0), normal([20000], device, 1), 7)],
  ["broadcasting by channel", (device) => add(normal([256, 4, 3, 3], device, 0), normal([4, 1, 1], device, 1))],
  ["broadcasting by image", (device) => mul(normal([512, 4, 4], device, 0), normal([512, 1, 1], device, 1))],
  [
    "convolution",
    (device) => conv2d(normal([64, 4, 8, 8], device, 0), normal([8, 4, 3, 3], device, 1), normal([8], device, 2), { padding: 1 }),
  ],
  ["pooling", (device) => maxPool2d(relu(normal([64, 2, 8, 8], device, 0)), { kernel: 2 })],
  ["softmax", (device) => softmax(normal([2560, 10], device, 0), -1)],
  ["sums by row", (device) => sum(normal([256, 5, 7], device, 0), { axes: [1, 2] })],
  ["channels side by side", (device) => concat([normal([256, 5, 7], device, 0), normal([256, 3, 7], device, 1)], 1)],
  ["axes of an image in another order", (device) => permute(normal([256, 5, 7], device, 0), [0, 2, 1])],
  ["images whose places can't be bound", (device) => maxPool2d(relu(normal([5, 1, 63, 63], device, 0)), { kernel: 2 })],
  ["channels of the only image, broadcast", (device) => add(normal([1, 256, 5, 7], device, 0), normal([256, 1, 1], device, 1))],
  ["padding the only image", (device) => pad(normal([1, 512, 4, 6], device, 0), [0, 0, 1, 2], [0, 1, 1, 2])],
  ["a part of the only image", (device) => slice(normal([1, 512, 4, 6], device, 0), [0, 5, 1, 0], [1, 500, 2, 6])],
  ["images as columns", (device) => permute(normal([256, 5, 7], device, 0), [1, 0, 2])],
  ["the only image's axes in another order", (device) => permute(normal([1, 256, 5, 7], device, 0), [0, 3, 1, 2])],
  ["an image repeated", (device) => expand(normal([35, 1], device, 0), [1, 256, 35, 7])],
  ["images repeated inside", (device) => expand(normal([256, 1, 7], device, 0), [256, 5, 7])],
  ["every third image", (device) => slice(normal([515, 5, 7], device, 0), [4, 1, 0], [170, 3, 7], [3, 1, 1])],
  ["images from one on", (device) => slice(normal([515, 5, 7], device, 0), [7, 0, 0], [301, 5, 7])],
  [
    "images placed",
    (device) => sliceGrad(normal([90, 3, 7], device, 0), { starts: [40, 1, 0], steps: [3, 1, 1], shape: [515, 5, 7] }),
  ],
  ["images around", (device) => pad(normal([200, 5, 6], device, 0), [300, 1, 0], [101, 0, 2], { value: 3 })],
  ["images repeated around", (device) => pad(normal([200, 5, 6], device, 0), [3, 1, 0], [2, 0, 2], { mode: "replicate" })],
  ["images mirrored around", (device) => pad(normal([200, 5, 6], device, 0), [3, 1, 0], [2, 0, 2], { mode: "reflect" })],
  ["few of many images", (device) => gather(normal([515, 35], device, 0), indices([20, 35], 515, device), 0)],
  ["many of few images", (device) => gather(normal([20, 35], device, 0), indices([515, 35], 20, device), 0)],
  ["many of many images", (device) => gather(normal([515, 35], device, 0), indices([300, 35], 515, device), 0)],
  [
    "images in bf16",
    (device) => toDtype(gather(toDtype(normal([515, 35], device, 0), "bf16"), indices([20, 35], 515, device), 0), "f32"),
  ],
  ["of the first images", (device) => gather(normal([515, 35], device, 0), indices([480, 35], 35, device), 1)],
  ["scattered into the first images", (device) => scatter([20, 35], 35, { axis: 1, shape: [515, 35] }, device)],
  ["scattered into many images", (device) => scatter([20, 35], 515, { axis: 0, shape: [515, 35] }, device)],
  ["the best of an axis", (device) => toDtype(argmax(rounded([515, 35], device), { axis: 0, keepDims: true }), "f32")],
  ["the best of all", (device) => toDtype(argmax(rounded([12001], device)), "f32")],
  ["the best of the only image", (device) => toDtype(argmax(rounded([1, 12001], device), { axis: 1 }), "f32")],
  ["the places of the seven best", (device) => toDtype(topK(rounded([12001], device), 7).indices, "f32")],
  ["the seven smallest of an axis", (device) => topK(normal([515, 35], device, 0), 7, { axis: 0, largest: false }).values],
  ["random numbers", (device) => uniform(tensor([1, 2, 3, 4], { dtype: "i32", device }), { shape: [12001], dtype: "f32" })],
  ["padding", (device) => pad(normal([64, 4, 6, 6], device, 0), [0, 0, 1, 2], [0, 0, 1, 2])],
];

/** What no kernel is needed for. */
const COPIED: readonly (readonly [string, (device: Device) => Tensor])[] = [
  ["images one behind the other", (device) => concat([normal([100, 5, 7], device, 0), normal([131, 5, 7], device, 1)], 0)],
  ["an axis of size 1 moved", (device) => permute(normal([1, 256, 5, 7], device, 0), [1, 0, 2, 3])],
];

/** With equals. */
const rounded = (shape: readonly number[], device: Device): Tensor => floor(mul(normal(shape, device, 0), 2));

/** Some of them out of range. */
const indices = (shape: readonly number[], size: number, device: Device): Tensor =>
  tensor(
    Int32Array.from({ length: shape.reduce((count, own) => count * own, 1) }, (_, i) => ((i * 7919) % (size + 2)) - 1),
    { shape, dtype: "i32", device },
  );

const scatter = (values: readonly number[], size: number, attrs: ScatterAddAttrs, device: Device): Tensor =>
  scatterAdd(normal(values, device, 0), indices(values, size, device), attrs);

/** Ops that mix images: computed by other ops, so that the last bits may differ. */
const DECOMPOSED: readonly (readonly [string, (device: Device) => Tensor | readonly Tensor[]])[] = [
  ["a sum of all", (device) => sum(normal([7, 2003], device, 0))],
  ["a sum over images", (device) => sum(normal([256, 5, 7], device, 0), { axes: [0, 2] })],
  ["the largest of all", (device) => amax(normal([12001], device, 0))],
  ["a product of all", (device) => prod(add(mul(normal([12001], device, 0), 0.01), 1))],
  ["x · large weightᵀ", (device) => matmul(normal([3, 40], device, 0), normal([256, 40], device, 1), { transB: true })],
  ["x · large weight", (device) => matmul(normal([3, 256], device, 0), normal([256, 40], device, 1))],
  ["xᵀ · y of many rows", (device) => matmul(normal([2560, 3], device, 0), normal([2560, 5], device, 1), { transA: true })],
  ["large x · yᵀ", (device) => matmul(normal([2560, 8], device, 0), normal([5, 8], device, 1), { transB: true })],
  ["a large product", (device) => matmul(normal([3, 128], device, 0), normal([3, 96], device, 1), { transA: true })],
  ["matrices of a batch · one", (device) => matmul(normal([36, 16, 20], device, 0), normal([20, 6], device, 1))],
  [
    "gradients of a linear layer",
    (device) =>
      gradients(
        device,
        [
          [4, 96],
          [64, 96],
        ],
        (x, weight) => matmul(x as Tensor, weight as Tensor, { transB: true }),
      ),
  ],
  [
    "gradients of a convolution",
    (device) =>
      gradients(
        device,
        [
          [32, 4, 8, 8],
          [8, 4, 3, 3],
        ],
        (x, weight) => conv2d(x as Tensor, weight as Tensor, null),
      ),
  ],
  [
    "batch norm and its gradients",
    (device) =>
      gradients(device, [[64, 4, 6, 6], [4], [4]], (x, weight, bias) => {
        const { y, mean, variance } = batchNormTrain(x as Tensor, weight as Tensor, bias as Tensor, 1e-5);
        for (const one of [mean, variance]) one.dispose();
        return y;
      }),
  ],
  ["gradients of pooling", (device) => gradients(device, [[64, 2, 8, 8]], (x) => maxPool2d(x as Tensor, { kernel: 2 }))],
  ["softmax along an axis", (device) => softmax(normal([515, 35], device, 0), 0)],
  ["softmax of all", (device) => softmax(normal([12001], device, 0), 0)],
  ["logarithms of a softmax of the only image", (device) => logSoftmax(normal([1, 12001], device, 0), 1)],
  ["values scattered into few images", (device) => scatter([515, 35], 4, { axis: 0, shape: [4, 35] }, device)],
  ["a product's gradient", (device) => gradients(device, [[4200]], (x) => prod(add(mul(x as Tensor, 0.01), 1)))],
  ["gradients of padding", (device) => gradients(device, [[200, 5, 6]], (x) => pad(x as Tensor, [40, 1, 0], [2, 0, 2]))],
  [
    "gradients of mirroring",
    (device) => gradients(device, [[200, 5, 6]], (x) => pad(x as Tensor, [3, 1, 0], [2, 0, 2], { mode: "reflect" })),
  ],
  [
    "gradients of repeating",
    (device) => gradients(device, [[200, 5, 6]], (x) => pad(x as Tensor, [3, 1, 0], [2, 0, 2], { mode: "replicate" })),
  ],
  [
    "a product in bf16",
    (device) =>
      toDtype(matmul(toDtype(normal([3, 128], device, 0), "bf16"), toDtype(normal([128, 160], device, 1), "bf16")), "f32"),
  ],
];

describe.skipIf(!whole)(`tensors past a binding's limit on ${whole?.adapter ?? reason}`, () => {
  afterAll(() => Promise.all([whole?.close(), divided?.close()]));

  test.each(CASES)("%s: the same bits in parts", async (_, fn) => {
    const before = countsOf(divided as Device)?.launches ?? 0;
    const expected = await evaluate(whole as Device, fn);
    expect(await evaluate(divided as Device, fn)).toEqual(expected);
    expect((countsOf(divided as Device)?.launches ?? 0) - before).toBeGreaterThanOrEqual(2);
  });

  test.each(COPIED)("%s: the same bits by copies", async (_, fn) => {
    expect(await evaluate(divided as Device, fn)).toEqual(await evaluate(whole as Device, fn));
  });

  test.each(DECOMPOSED)("%s: the same but for rounding, by other ops", async (_, fn) => {
    const expected = await evaluate(whole as Device, fn);
    const actual = await evaluate(divided as Device, fn);
    const before = [divided?.memory().buffers, countsOf(divided as Device)?.launches ?? 0] as const;
    expect(await evaluate(divided as Device, fn)).toEqual(actual);
    expect(divided?.memory().buffers).toBe(before[0]);
    expect((countsOf(divided as Device)?.launches ?? 0) - before[1]).toBeGreaterThanOrEqual(3);
    expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    for (const [i, values] of expected.entries()) expect(farthest(values, actual[i] as ArrayLike<number>)).toBeLessThan(4e-6);
  });

  test("an op that can't be computed in parts says so, and the device goes on", async () => {
    const oneRow = (device: Device) => maxPool2d(normal([1, 1, 2, 8000], device, 0), { kernel: 2 });
    await expect(evaluate(divided as Device, oneRow)).rejects.toThrow(OutOfMemoryError);
    // Each run has as many as are asked for.
    const mostOfAll = (device: Device) => topK(normal([12001], device, 0), 5000).values;
    await expect(evaluate(divided as Device, mostOfAll)).rejects.toThrow(OutOfMemoryError);
    const [one] = await evaluate(divided as Device, (device) => sum(normal([3], device, 0)));
    expect(one).toHaveLength(1);
  });
});
