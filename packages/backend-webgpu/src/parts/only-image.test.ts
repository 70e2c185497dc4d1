import {
  adaptiveAvgPool2d,
  add,
  argmax,
  avgPool2d,
  BatchNorm2d,
  batchNormTrain,
  Conv2d,
  type Conv2dOptions,
  chain,
  conv2d,
  conv2dWeightGrad,
  type Device,
  gather,
  interpolate,
  matmul,
  maxPool2d,
  mul,
  noGrad,
  plus,
  ReLU,
  scaleShift,
  seedInit,
  softmax,
  type Tensor,
  tensor,
  toDtype,
  topK,
  withDevice,
} from "@vertebra/core";
import { openReference } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { countsOf } from "../index";
import { evaluate, farthest, gradients, normal, openDivided } from "../testing/divided-device";
import { openForTests } from "../testing/open-device";

const { device: whole, reason } = await openForTests();
await whole?.close();
/** 4096 elements are the most that fit. */
const divided = (whole && (await openDivided(16384))) as Device;
const reference = openReference();

type Case = (device: Device) => Tensor | readonly Tensor[];

/** A convolution and all of its gradients. */
const convolution =
  (x: readonly number[], [outputs, ...kernel]: readonly [number, ...number[]], options: Conv2dOptions = {}): Case =>
  (device) =>
    gradients(device, [x, [outputs, ...kernel], [outputs]], (...[images, weight, bias]) =>
      conv2d(images as Tensor, weight as Tensor, bias, options),
    );

/** A map of the images and its gradient. */
const map =
  (shape: readonly number[], fn: (x: Tensor) => Tensor): Case =>
  (device) =>
    gradients(device, [shape], (...[x]) => fn(x as Tensor));

/** A convolution, its norm, an activation and perhaps a shortcut, as one fused call. */
const fused =
  (channels: number, outputs: number, side: number, withShortcut: boolean, groups = 1): Case =>
  (device) =>
    withDevice(device, () => {
      seedInit(5);
      const layers = [
        new Conv2d(channels, outputs, { kernel: 3, padding: 1, groups }),
        new BatchNorm2d(outputs),
        new ReLU(),
      ] as const;
      const [conv, norm, activation] = layers;
      norm.eval();
      const shortcut = normal([1, outputs, side, side], device, 1);
      const steps = withShortcut ? [conv, norm, plus(() => shortcut), activation] : [conv, norm, activation];
      const y = noGrad(() => chain(normal([1, channels, side, side], device, 0), ...steps));
      for (const layer of layers) layer.dispose();
      return y;
    });

const CASES: readonly (readonly [string, Case])[] = [
  ["a convolution of large images", convolution([1, 8, 32, 32], [6, 8, 3, 3], { padding: 1 })],
  ["each image of a batch", convolution([2, 6, 32, 30], [6, 6, 3, 3], { padding: 1 })],
  ["a convolution of a large image to a small one", convolution([1, 8, 32, 32], [3, 8, 5, 5], { stride: 4 })],
  ["a convolution of a small image to a large one", convolution([1, 2, 32, 32], [16, 2, 1, 1])],
  ["a convolution of images whose channels can't be bound in place", convolution([1, 5, 41, 43], [5, 5, 3, 2])],
  ["a convolution with large weights", convolution([1, 40, 4, 4], [40, 40, 3, 3])],
  ["a convolution of a batch with large weights", convolution([2, 40, 4, 4], [40, 40, 3, 3])],
  ["a depthwise convolution", convolution([1, 12, 24, 25], [12, 1, 3, 3], { padding: 1, groups: 12 })],
  ["a convolution in large groups", convolution([1, 12, 30, 30], [6, 6, 3, 3], { groups: 2, stride: [1, 2] })],
  [
    "a convolution of large planes",
    convolution([1, 2, 90, 70], [2, 2, 3, 3], { stride: [2, 1], padding: [1, 2, 0, 1], dilation: [2, 1] }),
  ],
  ["a convolution with more stride than kernel, of large planes", convolution([1, 1, 97, 80], [1, 1, 2, 3], { stride: [5, 1] })],
  [
    "a convolution of large planes with more padding than kernel",
    convolution([1, 1, 70, 70], [1, 1, 2, 2], { padding: [80, 3, 0, 0] }),
  ],
  ["a convolution of a plane to a large one", convolution([1, 1, 60, 60], [1, 1, 1, 1], { padding: 5 })],
  ["a fused convolution of large images", fused(8, 8, 32, false)],
  ["a fused convolution to a small image, with a shortcut", fused(8, 2, 32, true)],
  ["a fused convolution of large planes, with a shortcut", fused(2, 2, 70, true)],
  ["a fused depthwise convolution, with a shortcut", fused(8, 8, 32, true, 8)],
  ["maxima of large images", map([1, 8, 32, 32], (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }))],
  ["maxima of large planes", map([1, 2, 80, 70], (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }))],
  ["means of large images", map([1, 8, 32, 32], (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }))],
  ["means of large planes", map([1, 1, 80, 70], (x) => avgPool2d(x, { kernel: 3, stride: 2, padding: 1 }))],
  ["means of whole planes", map([1, 2, 80, 70], (x) => adaptiveAvgPool2d(x, [1, 1]))],
  ["a large image resized", map([1, 6, 40, 30], (x) => interpolate(x, { size: [35, 50], mode: "bilinear" }))],
  ["a large plane resized", map([1, 1, 70, 70], (x) => interpolate(x, { size: [75, 60], mode: "bicubic" }))],
  [
    "batch norm of a large image",
    (device) =>
      gradients(device, [[1, 3, 70, 60], [3], [3]], (...inputs) => {
        const { y, mean, variance } = batchNormTrain(...(inputs as [Tensor, Tensor, Tensor]), 1e-5);
        for (const one of [mean, variance]) one.dispose();
        return y;
      }),
  ],
  [
    "batch norm at evaluation of a large image",
    (device) => gradients(device, [[1, 8, 32, 30], [8], [8]], (...inputs) => scaleShift(...(inputs as [Tensor, Tensor, Tensor]))),
  ],
  [
    "batch norm at evaluation of large planes",
    (device) => gradients(device, [[1, 2, 80, 70], [2], [2]], (...inputs) => scaleShift(...(inputs as [Tensor, Tensor, Tensor]))),
  ],
  [
    "large weights of a small batch",
    (device) =>
      conv2dWeightGrad(normal([2, 40, 4, 4], device, 0), normal([2, 40, 2, 2], device, 1), {
        stride: [1, 1],
        padding: [0, 0, 0, 0],
        dilation: [1, 1],
        groups: 1,
        kernelSize: [3, 3],
      }),
  ],
  ["softmax of large rows", (device) => softmax(normal([2, 6001], device, 0), 1)],
  ["softmax over large images", (device) => softmax(normal([3, 5000], device, 0), 0)],
  ["broadcasting to large images", (device) => add(normal([2, 5000], device, 0), normal([5000], device, 1))],
  ["the best of large images", (device) => toDtype(argmax(normal([3, 5000], device, 0), { axis: 0 }), "f32")],
  ["the two best of large images", (device) => topK(normal([3, 5000], device, 0), 2, { axis: 0 }).values],
  [
    "some of large images",
    (device) =>
      gather(normal([3, 5000], device, 0), tensor(new Int32Array(10000).fill(2), { shape: [2, 5000], dtype: "i32", device }), 0),
  ],
  [
    "products of large matrices",
    (device) =>
      gradients(
        device,
        [
          [2, 90, 70],
          [2, 70, 80],
        ],
        (...[a, b]) => matmul(a as Tensor, b as Tensor),
      ),
  ],
  [
    "products of one row",
    (device) =>
      gradients(
        device,
        [
          [1, 70],
          [70, 90],
        ],
        (...[a, b]) => matmul(a as Tensor, b as Tensor),
      ),
  ],
  [
    "products of long rows",
    (device) =>
      gradients(
        device,
        [
          [2, 5000],
          [3, 5000],
        ],
        (...[a, b]) => matmul(a as Tensor, b as Tensor, { transB: true }),
      ),
  ],
  ["an image that is scaled", (device) => mul(normal([1, 3, 50, 50], device, 0), normal([1, 3, 1, 1], device, 1))],
];

describe.skipIf(!whole)(`single images past a binding's limit on ${divided?.adapter ?? reason}`, () => {
  afterAll(() => divided?.close());

  test.each(CASES)("%s: as the reference, the same bits twice, nothing left over", async (_, fn) => {
    const actual = await evaluate(divided, fn);
    const before = [divided.memory().buffers, countsOf(divided)?.launches ?? 0] as const;
    expect(await evaluate(divided, fn)).toEqual(actual);
    expect(divided.memory().buffers).toBe(before[0]);
    expect((countsOf(divided)?.launches ?? 0) - before[1]).toBeGreaterThanOrEqual(2);
    const expected = await evaluate(reference, fn);
    expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    for (const [i, values] of expected.entries()) expect(farthest(values, actual[i] as ArrayLike<number>)).toBeLessThan(4e-6);
  });

  test("a convolution in bf16 rounds once, not each of its parts", async () => {
    const fn = (device: Device) => {
      const half = (shape: readonly number[], stream: number) => toDtype(normal(shape, device, stream), "bf16");
      return toDtype(conv2d(half([1, 16, 32, 32], 0), half([3, 16, 3, 3], 1), null), "f32");
    };
    const [[actual], [expected]] = [await evaluate(divided, fn), await evaluate(reference, fn)];
    // Sums that lie between two of its numbers may fall to either side.
    const others = Array.from(expected as ArrayLike<number>).filter((value, i) => value !== actual?.[i]);
    expect(others.length / (expected as ArrayLike<number>).length).toBeLessThan(0.002);
  });
});
