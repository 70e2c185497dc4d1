import { openMeta, zeros } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { lenet5 } from "../lenet";

describe("LeNet-5 on another size of image", () => {
  const device = openMeta();
  const run = (...shape: number[]) => lenet5({ device }).forward(zeros(shape, { device }));

  test("52×52 is an error that names the layer and the size it needs: no four rows for one image", () => {
    expect(() => run(1, 1, 52, 52)).toThrow(
      "fc1: flatten: x must be [N, 16, 5, 5], 400 features, got [1, 16, 10, 10]. Resize the images to 32×32, " +
        "or build the model with includeTop: false and a head for your size",
    );
  });

  test("28×28, MNIST's own, is one too", () => {
    expect(() => run(2, 1, 28, 28)).toThrow("fc1: flatten: x must be [N, 16, 5, 5], 400 features, got [2, 16, 4, 4]");
  });

  test("a map of as many features but another shape is refused", () => {
    // 16 sides of (n − 12) / 4: 1 by 25 pixels.
    expect(() => run(1, 1, 16, 112)).toThrow("got [1, 16, 1, 25]");
  });

  test("what leaves maps of 5×5 passes", () => {
    expect(run(3, 1, 32, 35).shape).toEqual([3, 10]);
  });
});
