import { cpu } from "@vertebra/backend-cpu";
import {
  type Conv2dOptions,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  type Device,
  Philox,
  Scope,
  type Shape,
  type Tensor,
  tensor,
  toPadding4,
} from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();
const host = await cpu({ threads: 1 }).open();

/** [what, x, weight, options]: one for each kernel and way of dividing the work, with sizes that fill no tile. */
const CONVOLUTIONS: readonly (readonly [string, Shape, Shape, Conv2dOptions])[] = [
  ["tiles of 64 channels", [2, 17, 13, 11], [70, 17, 3, 3], { padding: 1 }],
  ["tiles of 32 channels, stride 2", [2, 9, 15, 14], [27, 9, 3, 3], { padding: 1, stride: 2 }],
  ["tiles of 16 channels, dilation", [3, 5, 14, 12], [9, 5, 3, 2], { dilation: [2, 3], padding: [1, 2, 0, 3] }],
  ["slices of taps, a few pixels", [1, 130, 5, 5], [20, 130, 3, 3], { padding: 1 }],
  ["slices of taps, tiles of 32 channels", [5, 130, 9, 9], [150, 130, 3, 3], { padding: 1 }],
  ["weight gradient by parts of the pixels", [4, 5, 33, 17], [9, 5, 3, 3], { padding: 1 }],
  ["pointwise, quads of pixels", [3, 21, 6, 6], [40, 21, 1, 1], {}],
  ["pointwise in slices, a few pixels", [1, 300, 4, 4], [33, 300, 1, 1], {}],
  ["pointwise in slices, tiles of 32 channels", [5, 300, 10, 10], [133, 300, 1, 1], {}],
  ["pointwise with groups", [2, 24, 4, 6], [36, 8, 1, 1], { groups: 3 }],
  ["pointwise, plane of no quads", [2, 10, 7, 7], [12, 10, 1, 1], {}],
  ["pointwise, stride 2", [2, 10, 8, 8], [12, 10, 1, 1], { stride: 2 }],
  ["groups of 16", [2, 32, 9, 9], [32, 16, 3, 3], { groups: 2, padding: 1, stride: 2 }],
  ["narrow groups", [2, 12, 9, 8], [20, 3, 3, 3], { groups: 4, padding: 1 }],
  ["depthwise, stride 2", [2, 6, 11, 10], [6, 1, 5, 5], { groups: 6, padding: 2, stride: 2 }],
  ["depthwise with two filters", [1, 5, 9, 9], [10, 1, 3, 3], { groups: 5, padding: 1 }],
  ["stride over the kernel", [1, 9, 11, 11], [10, 9, 2, 2], { stride: 3 }],
  ["no padding, larger kernel", [1, 3, 20, 19], [16, 3, 7, 7], { stride: 2 }],
];

const toPair = (value: Conv2dOptions["stride"] = 1): readonly [number, number] =>
  typeof value === "number" ? [value, value] : value;

async function evaluate(on: Device, shapes: readonly [Shape, Shape], options: Conv2dOptions): Promise<Float32Array[]> {
  const scope = new Scope(undefined);
  try {
    const random = new Philox(1);
    const of = (shape: Shape): Tensor =>
      tensor(random.normalArray(shape.reduce((count, size) => count * size, 1)), { shape, device: on });
    const results = scope.run(() => {
      const [x, weight] = shapes.map(of) as [Tensor, Tensor];
      const y = conv2d(x, weight, of([weight.shape[0] as number]), options);
      const dy = of(y.shape);
      const { stride, padding = 0, dilation, groups = 1 } = options;
      const attrs = { stride: toPair(stride), padding: toPadding4(padding), dilation: toPair(dilation), groups };
      const [, , h, w] = x.shape as [number, number, number, number];
      const [, , kh, kw] = weight.shape as [number, number, number, number];
      const dx = conv2dInputGrad(dy, weight, { ...attrs, inputSize: [h, w] });
      return [y, dx, conv2dWeightGrad(x, dy, { ...attrs, kernelSize: [kh, kw] })];
    });
    return (await Promise.all(results.map((one) => one.data()))) as Float32Array[];
  } finally {
    scope.end();
  }
}

describe.skipIf(!device)(`convolutions on ${device?.adapter ?? reason}`, () => {
  afterAll(() => Promise.all([device?.close(), host.close()]));

  test.each(CONVOLUTIONS)("%s: result and gradients are the cpu's", async (_, x, weight, options) => {
    const expected = await evaluate(host, [x, weight], options);
    const actual = await evaluate(device as Device, [x, weight], options);
    for (const [i, name] of ["y", "dx", "dw"].entries()) {
      // Sums of normal numbers: √terms in size, with roundings of √terms · 2⁻²⁴ of that.
      const size = Math.sqrt((expected[i] as Float32Array).reduce((sum, value) => sum + value ** 2, 0) / expected[i]!.length);
      const errors = expected[i]!.map((value, at) => Math.abs(value - (actual[i]?.[at] as number)));
      const error = errors.reduce((worst, one) => Math.max(worst, one), 0);
      expect([name, error / size]).toEqual([name, expect.closeTo(0, 5)]);
    }
  });
});
