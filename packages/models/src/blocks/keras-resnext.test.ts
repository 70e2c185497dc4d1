import { cpu } from "@vertebra/backend-cpu";
import { type Device, onesInit, openMeta, scope, tensor, withDevice, zeros } from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KerasResNeXtBlock, type KerasResNeXtStackOptions, kerasResNeXtStack } from "./keras-resnext";
import { SamePadConv2d, samePadding } from "./same-pad-conv2d";

const meta = openMeta();
const on = <T>(make: () => T): T => withDevice(meta, make);

describe("SAME padding", () => {
  test("puts the odd pixel behind: at stride 2 bottom and right of an even side, all around an odd one", () => {
    const pads = (size: number, kernel: number, stride: number) => samePadding(size, { kernel, stride, dilation: 1 });
    expect([pads(8, 3, 2), pads(7, 3, 2), pads(8, 3, 1), pads(224, 7, 2), pads(5, 4, 1), pads(8, 1, 2)]).toEqual([
      [0, 1],
      [1, 1],
      [1, 1],
      [2, 3],
      [1, 2],
      [0, 0],
    ]);
  });

  describe("in a convolution on cpu", () => {
    let device: Device;
    beforeAll(async () => {
      device = await cpu().open();
    });
    afterAll(() => device.close());

    test.each([
      // [1 2 3 4; 5 6 7 8; …]: the first window is 1 + 2 + 3 + 5 + 6 + 7 + 9 + 10 + 11, the last 11 + 12 + 15 + 16.
      [4, [54, 45, 72, 54]],
      // [1 2 3; 4 5 6; 7 8 9]: the first window has a border in front, 1 + 2 + 4 + 5.
      [3, [12, 16, 24, 28]],
    ])("of ones sums windows of an image of side %i where TensorFlow has them", async (side, expected) => {
      using _ = scope();
      const conv = withDevice(device, () => new SamePadConv2d(1, 1, { kernel: 3, stride: 2, bias: false, weightInit: onesInit }));
      const values = Array.from({ length: side * side }, (_, i) => i + 1);
      const x = tensor(values, { shape: [1, 1, side, side], device });
      expect([...(await conv.forward(x).data())]).toEqual(expected);
    });
  });
});

describe("KerasResNeXtBlock", () => {
  test("gives 2 · filters channels, with Keras's eps and without biases but the norms'", () => {
    const block = on(() => new KerasResNeXtBlock({ inChannels: 64, filters: 128, stride: 2 }));
    expect(on(() => block.forward(zeros([1, 64, 9, 8]))).shape).toEqual([1, 256, 5, 4]);
    expect([block.bn0, block.bn1, block.bn2, block.bn3].map((norm) => norm?.eps)).toEqual(Array(4).fill(1.001e-5));
    expect(block.conv2.weight.shape).toEqual([128, 4, 3, 3]);
    const weights = 64 * 256 + 64 * 128 + 128 * 4 * 9 + 128 * 256;
    expect(block.parameters().reduce((total, { elements }) => total + elements, 0)).toBe(weights + 2 * (256 + 128 + 128 + 256));
  });

  test("prints its SAME padding", () => {
    const block = on(() => new KerasResNeXtBlock({ inChannels: 64, filters: 32 }));
    expect(String(block)).toContain(
      "(conv2): SamePadConv2d(32, 32, kernel_size=(3, 3), stride=(1, 1), groups=32, bias=False, padding=same)",
    );
  });

  test("refuses filters that groups don't divide", () => {
    expect(() => on(() => new KerasResNeXtBlock({ inChannels: 64, filters: 48 }))).toThrow(
      "KerasResNeXtBlock: filters must be divisible by groups, got 48 and 32. Use 32 or 64 filters, or other groups",
    );
  });

  test.each([
    [{ inChannels: 64, filters: 64, convShortcut: false }, "branch [1, 128, 6, 6] and shortcut [1, 64, 6, 6]"],
    [{ inChannels: 128, filters: 64, stride: 2, convShortcut: false }, "branch [1, 128, 3, 3] and shortcut [1, 128, 6, 6]"],
  ])("with an identity that doesn't fit names both branches: %o", (options, got) => {
    const run = () => new KerasResNeXtBlock(options).forward(zeros([1, options.inChannels, 6, 6]));
    expect(() => on(run)).toThrow(
      `got ${got}. Build the block with convShortcut: true, or give it 2 · filters = 128 channels and stride 1`,
    );
  });
});

describe("kerasResNeXtStack", () => {
  const stack = (options: KerasResNeXtStackOptions) => on(() => kerasResNeXtStack(options));

  test("has one block with a convolution on its shortcut, which strides, and `blocks` more without", () => {
    const layers = stack({ inChannels: 64, filters: 128, blocks: 3 }).layers as KerasResNeXtBlock[];
    expect(layers.map(({ conv0 }) => conv0 !== null)).toEqual([true, false, false, false]);
    expect(layers.map(({ conv2 }) => conv2.attrs.stride[0])).toEqual([2, 1, 1, 1]);
  });

  test("keeps the side where its first block doesn't stride", () => {
    const y = on(() => stack({ inChannels: 64, filters: 64, blocks: 1, stride1: 1 }).forward(zeros([1, 64, 5, 5])));
    expect(y.shape).toEqual([1, 128, 5, 5]);
  });
});
