import { describe, expect, test } from "vitest";
import { Conv2d, type Conv2dLayerOptions } from "../../nn/layers/conv2d";
import { AdaptiveAvgPool2d } from "../../nn/layers/pooling";
import { Sequential } from "../../nn/layers/sequential";
import { foundIn } from "../testing/found-in";

const conv = (options: Conv2dLayerOptions) => new Sequential({ conv: new Conv2d(2, 2, options) });
const found = (options: Conv2dLayerOptions, side: number) =>
  foundIn(() => conv(options), [1, 2, side, side], "receptive-field").filter(({ severity }) => severity === "warning");

describe("receptive-field", () => {
  test("a padded 3×3 convolution on a 1×1 map uses one weight of nine", () => {
    expect(found({ kernel: 3, padding: 1 }, 1)).toMatchObject([
      { path: "conv", message: "8 of the 9 weights of its 3×3 kernels meet only padding on 1×1 maps" },
    ]);
  });

  test.each([
    { options: { kernel: 5, padding: 2 }, side: 2, unseen: 25 - 9 },
    { options: { kernel: 3, padding: 1, stride: 2 }, side: 2, unseen: 9 - 4 },
    { options: { kernel: 3, padding: 4, dilation: 4 }, side: 4, unseen: 8 },
  ])("$options on a side of $side leaves $unseen weights unseen", ({ options, side, unseen }) => {
    expect(found(options, side)[0]?.message).toMatch(new RegExp(`^${unseen} of the`));
  });

  test("on a 2×2 map each weight meets a pixel", () => {
    expect(found({ kernel: 3, padding: 1 }, 2)).toEqual([]);
  });

  test("a field larger than the image is a note at the first layer that has it", () => {
    const three = () => new Sequential([1, 2, 3].map(() => new Conv2d(2, 2, { kernel: 3, padding: 1 })));
    // Fields 3, 5, 7.
    expect(foundIn(three, [1, 2, 4, 5], "receptive-field")).toMatchObject([
      { severity: "note", path: "1", message: "sees 5×5 pixels of an input of 4×5; the last convolution, 2, sees 7×7" },
    ]);
    expect(foundIn(three, [1, 2, 7, 7], "receptive-field")).toEqual([]);
  });

  test("behind global pooling, which sees all by intent, there is no note", () => {
    const gate = () => {
      const pool = [new Conv2d(2, 2, { kernel: 3, padding: 1 }), new AdaptiveAvgPool2d(1)];
      return new Sequential([...pool, new Conv2d(2, 2, { kernel: 1 })]);
    };
    // Pooling 4 × 4 fields of 3 sees 6.
    expect(foundIn(gate, [1, 2, 4, 4], "receptive-field")).toEqual([]);
  });
});
