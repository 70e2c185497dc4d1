import { describe, expect, test } from "vitest";
import { ReLU } from "../../nn/layers/activations";
import { BatchNorm2d } from "../../nn/layers/batch-norm";
import { Conv2d, type Conv2dLayerOptions } from "../../nn/layers/conv2d";
import { Sequential } from "../../nn/layers/sequential";
import { add } from "../../ops/binary";
import { foundIn, Net } from "../testing/found-in";

const MAP = [1, 3, 8, 8];
const convolution = (options: Conv2dLayerOptions) => () => new Sequential({ conv: new Conv2d(3, 4, options) });

describe("bias-before-norm", () => {
  const convThenNorm = (bias: boolean) => () =>
    new Sequential({ conv: new Conv2d(3, 4, { kernel: 3, bias }), norm: new BatchNorm2d(4) });

  test("a bias that the norm takes away is found at the convolution", () => {
    const findings = foundIn(convThenNorm(true), MAP, "bias-before-norm");
    expect(findings).toMatchObject([
      { path: "conv", severity: "warning", message: "4 bias values directly before batch norm norm" },
    ]);
  });

  test("without a bias there is nothing to find", () => {
    expect(foundIn(convThenNorm(false), MAP, "bias-before-norm")).toEqual([]);
  });

  test("a bias with an activation before the norm does something", () => {
    const model = () => new Sequential([new Conv2d(3, 4, { kernel: 3 }), new ReLU(), new BatchNorm2d(4)]);
    expect(foundIn(model, MAP, "bias-before-norm")).toEqual([]);
  });

  test("a bias that a shortcut reads too does something", () => {
    const model = () =>
      new Net({ conv: new Conv2d(3, 4, { kernel: 3 }), norm: new BatchNorm2d(4) }, (x, { conv, norm }) => {
        const y = conv.forward(x);
        return add(norm.forward(y), y);
      });
    expect(foundIn(model, MAP, "bias-before-norm")).toEqual([]);
  });
});

describe("padded-1x1", () => {
  test("padding on a 1×1 convolution grows the map", () => {
    expect(foundIn(convolution({ kernel: 1, padding: 1 }), MAP, "padded-1x1")).toMatchObject([
      { path: "conv", severity: "warning", message: "padding 1 on a 1×1 kernel: 8×8 becomes 10×10" },
    ]);
  });

  test("so does padding along the thin side of a 1×7 kernel", () => {
    const findings = foundIn(convolution({ kernel: [1, 7], padding: [1, 3] }), MAP, "padded-1x1");
    expect(findings.map(({ path }) => path)).toEqual(["conv"]);
  });

  test.each([
    { kernel: 1 },
    { kernel: 3, padding: 1 },
    { kernel: [1, 7], padding: [0, 3] },
    { kernel: 3, padding: 2, dilation: 2 },
  ] as const)("%o has only outputs that see the map", (options) => {
    expect(foundIn(convolution(options), MAP, "padded-1x1")).toEqual([]);
  });
});
