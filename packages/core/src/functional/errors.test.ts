import { describe, expect, test } from "vitest";
import { openMeta } from "../backends/meta";
import { setDevice } from "../device";
import { observe } from "../observe";
import { pad } from "../ops/pad";
import { reshape } from "../ops/reshape";
import { clamp } from "../ops/unary";
import { tensor } from "../tensor";
import { adaptiveAvgPool2d } from "./adaptivePool2d";
import { avgPool2d } from "./avgPool2d";
import { batchNorm } from "./batchNorm";
import { bceWithLogits } from "./bceWithLogits";
import { zeros } from "./creation";
import { crossEntropy } from "./crossEntropy";
import { interpolate } from "./interpolate";
import { localResponseNorm } from "./localResponseNorm";
import { maxPool2d } from "./maxPool2d";
import { mseLoss } from "./mseLoss";

setDevice(openMeta());
const map = () => zeros([2, 3, 5, 5]);
const classes = (shape: number[]) => zeros(shape, { dtype: "i32" });

/** A call that breaks one rule, and the words it gets. */
const REFUSED: readonly (readonly [message: string, call: () => unknown])[] = [
  [
    "maxPool2d: x must be [N, C, H, W] with C, H and W of at least 1, got x [3, 5, 5]",
    () => maxPool2d(zeros([3, 5, 5]), { kernel: 2 }),
  ],
  [
    "maxPool2d: x must be [N, C, H, W] with C, H and W of at least 1, got x [1, 3, 0, 5]",
    () => maxPool2d(zeros([1, 3, 0, 5]), { kernel: 1 }),
  ],
  ["maxPool2d: padding must be integers from 0 to half of kernel", () => maxPool2d(map(), { kernel: 3, padding: 2 })],
  [
    "maxPool2d: a window must fit the padded input, got kernel 7, dilation 1, padding 0 over 5",
    () => maxPool2d(map(), { kernel: 7 }),
  ],
  ["maxPool2d: kernel, stride and dilation must be integers ≥ 1", () => maxPool2d(map(), { kernel: 2, stride: 0 })],
  [
    "maxPool2d: every window must hold an element of x",
    () => maxPool2d(zeros([1, 1, 3, 3]), { kernel: 2, dilation: 4, padding: 1 }),
  ],
  ["avgPool2d: divisorOverride must not be 0", () => avgPool2d(map(), { kernel: 2, divisorOverride: 0 })],
  ["adaptiveAvgPool2d: size must be integers ≥ 0, got 1.5", () => adaptiveAvgPool2d(map(), 1.5)],
  ["localResponseNorm: size must be an integer ≥ 1, got 0", () => localResponseNorm(map(), { size: 0 })],
  ["crossEntropy: class indices must be i32, got target u8", () => crossEntropy(zeros([2, 3]), zeros([2], { dtype: "u8" }))],
  ["crossEntropy: target must be [2]: the scores' shape without their classes", () => crossEntropy(zeros([2, 3]), classes([3]))],
  ["crossEntropy: a target of probabilities must have the shape of logits", () => crossEntropy(zeros([2, 3]), zeros([2]))],
  [
    "crossEntropy: weight must be [C] = [3], got [2]",
    () => crossEntropy(zeros([2, 3]), classes([2]), { weight: tensor([1, 2]) }),
  ],
  [
    "crossEntropy: labelSmoothing must be from 0 to 1, got 2",
    () => crossEntropy(zeros([2, 3]), classes([2]), { labelSmoothing: 2 }),
  ],
  ["batchNorm: runningMean and runningVar must be given unless training, got none", () => batchNorm(map())],
  ["clamp: min, max or both must be given, got neither", () => clamp(map(), {})],
  [
    "pad: negative before and after must not take away more than x [2, 3] has, got [0, -2] and [0, -2]",
    () => pad(zeros([2, 3]), [0, -2], [0, -2]),
  ],
  ["reshape: shape must hold the 0 elements of x [0, 3], got [-1, 0]", () => reshape(zeros([0, 3]), [-1, 0])],
  ["mseLoss: x and target must have one shape, got [4, 1] and [4]", () => mseLoss(zeros([4, 1]), zeros([4]))],
  ["bceWithLogits: x and target must have one shape", () => bceWithLogits(zeros([4, 1]), zeros([4]))],
  ["interpolate: either size or scale must be given, got neither", () => interpolate(map(), {})],
  ["interpolate: either size or scale must be given, got both", () => interpolate(map(), { size: 3, scale: 2 })],
  [
    "interpolate: height and width must be at least 1 before and after, got x [2, 3, 5, 5] to [0, 0]",
    () => interpolate(map(), { scale: 0.1 }),
  ],
  [
    'interpolate: alignCorners and antialias go with bilinear and bicubic, got mode "nearest"',
    () => interpolate(map(), { size: 3, antialias: true }),
  ],
];

describe("compositions refuse what they can't do, in the arguments' names", () => {
  test.each(REFUSED)("%s", (message, call) => {
    expect(call).toThrow(message);
  });
});

test("rounded up, a pooling window may stick out of a map that it doesn't fit", () => {
  expect(maxPool2d(zeros([1, 1, 2, 7]), { kernel: 3, stride: 2, ceilMode: true }).shape).toEqual([1, 1, 1, 3]);
  expect(() => maxPool2d(zeros([1, 1, 1, 7]), { kernel: 3, stride: 2, ceilMode: true })).toThrow("a window must fit");
});

describe("empty batches pass", () => {
  test("through pools and norms", () => {
    expect(maxPool2d(zeros([0, 3, 5, 5]), { kernel: 2 }).shape).toEqual([0, 3, 2, 2]);
    expect(avgPool2d(zeros([0, 3, 5, 5]), { kernel: 2 }).shape).toEqual([0, 3, 2, 2]);
    expect(adaptiveAvgPool2d(zeros([0, 3, 5, 5]), 1).shape).toEqual([0, 3, 1, 1]);
    expect(localResponseNorm(zeros([0, 3, 5, 5]), { size: 3 }).shape).toEqual([0, 3, 5, 5]);
  });
});

test("equal geometries share their windows, so that plans can be kept by identity", () => {
  const seen: unknown[] = [];
  const [x, other] = [map(), zeros([1, 7, 5, 5])];
  observe(
    ({ attrs }) => seen.push((attrs as { rows: unknown }).rows),
    () => [maxPool2d(x, { kernel: 2 }), maxPool2d(other, { kernel: 2, stride: [2, 2] })],
  );
  expect(seen).toHaveLength(2);
  expect(seen[0]).toBe(seen[1]);
});
