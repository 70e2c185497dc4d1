import { describe, expect, test } from "vitest";
import { ShapeError } from "../../errors";
import { flatten } from "../../functional/flatten";
import { maxPool2d } from "../../functional/maxPool2d";
import { chain } from "../../nn/chain";
import { ReLU } from "../../nn/layers/activations";
import { Conv2d } from "../../nn/layers/conv2d";
import { Linear } from "../../nn/layers/linear";
import type { Tensor } from "../../tensor";
import { foundIn, Net } from "../testing/found-in";

/** The convolutions of LeNet-5 and its first linear layer: 32 → 28 → 14 → 10 → 5, and 16·5·5 = 400 features. */
const lenet =
  (toRows: (maps: Tensor) => Tensor = flatten) =>
  () => {
    const layers = { conv1: new Conv2d(1, 6, { kernel: 5 }), conv2: new Conv2d(6, 16, { kernel: 5 }), fc1: new Linear(400, 120) };
    const pool = (x: Tensor) => maxPool2d(x, { kernel: 2 });
    return new Net(layers, (x, { conv1, conv2, fc1 }) => chain(x, conv1, new ReLU(), pool, conv2, new ReLU(), pool, toRows, fc1));
  };

describe("flatten-size", () => {
  test("names the layer, what it takes, and the sizes that fit", () => {
    // 52 → 48 → 24 → 20 → 10. The side fits while ⌊(⌊(s − 4) / 2⌋ − 4) / 2⌋ = 5: from 32 to 35.
    expect(foundIn(lenet(), [1, 1, 52, 52], "flatten-size")).toMatchObject([
      {
        path: "fc1",
        severity: "error",
        message: "takes 400 features, but 16 maps of 10×10 flatten to 1600",
        fix: "Give images of 32×32 (up to 35×35 works), or make it Linear(1600, 120).",
      },
    ]);
  });

  test("an image too small is told the same sizes", () => {
    expect(foundIn(lenet(), [1, 1, 28, 28], "flatten-size")[0]?.fix).toContain("32×32");
  });

  test("an image that becomes four rows is found though nothing stops", () => {
    const toRows = (maps: Tensor) => maps.reshape([-1, 400]);
    expect(foundIn(lenet(toRows), [1, 1, 52, 52], "flatten-size")).toMatchObject([
      { path: "fc1", severity: "error", message: expect.stringContaining("1 in the batch become 4 rows") },
    ]);
    expect(foundIn(lenet(toRows), [3, 1, 32, 32], "flatten-size")).toEqual([]);
  });

  test("a model that refuses the maps itself is quoted", () => {
    const refuse = (maps: Tensor): Tensor => {
      if (maps.shape[2] === 5) return flatten(maps);
      throw new ShapeError("flatten", { rule: "x must be [N, 16, 5, 5]", got: "another map", fix: "Resize the images to 32×32" });
    };
    expect(foundIn(lenet(refuse), [1, 1, 52, 52], "flatten-size")).toMatchObject([
      { severity: "error", message: "x must be [N, 16, 5, 5], got another map", fix: "Resize the images to 32×32." },
    ]);
    expect(foundIn(lenet(refuse), [1, 1, 52, 52], "forward-error")).toEqual([]);
  });

  test("images that fit are no finding", () => {
    expect(foundIn(lenet(), [1, 1, 32, 32], "flatten-size")).toEqual([]);
  });
});

describe("forward-error", () => {
  test("what stops elsewhere is reported in the op's words", () => {
    const findings = foundIn(lenet(), [1, 3, 32, 32], "forward-error");
    expect(findings).toMatchObject([
      { path: "conv1", severity: "error", message: expect.stringContaining("weight.shape[1] must be channels / groups") },
    ]);
  });

  test("what has a rule of its own is left to it", () => {
    expect(foundIn(lenet(), [1, 1, 52, 52], "forward-error")).toEqual([]);
  });
});
