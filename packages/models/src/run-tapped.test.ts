import { ArgumentError, MapSizeError, openMeta, ShapeError, scope, zeros } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { googlenet } from "./googlenet";
import { findModel, listModels } from "./registry";
import { vgg16 } from "./vgg";

const device = openMeta();

describe("an image too small is an error that names the layer and the size to use", () => {
  test.each<[string, number, string]>([
    ["lenet5", 13, "conv2: conv2d: the kernel must fit|Resize the images to 32×32$"],
    ["lenet5_1998", 28, "conv3: conv2d: the kernel must fit|Resize the images to 32×32$"],
    ["alexnet", 52, "features.12: maxPool2d: a window must fit|Resize the images to 224×224 \\(at least 64×64\\)$"],
    ["alexnet_2012", 52, "conv5: maxPool2d: a window must fit|Resize the images to 224×224$"],
    ["alexnet_2012", 31, "conv5: maxPool2d: a window must fit|Resize the images to 224×224$"],
    ["alexnet_plain", 31, "conv5.2: maxPool2d: a window must fit|Resize the images to 224×224$"],
    ["vgg16", 31, "features.30: maxPool2d: a window must fit|Resize the images to 224×224 \\(at least 32×32\\)$"],
    ["inception_v3", 32, "Resize the images to 299×299 \\(at least 75×75\\)$"],
  ])("%s at %d", (name, side, message) => {
    using _ = scope();
    const { inputShape } = findModel(name).facts;
    const model = findModel(name)({ device });
    const run = () => model.forward(zeros([2, inputShape[0], side, side], { device }));
    expect(run).toThrow(MapSizeError);
    for (const part of message.split("|")) expect(run).toThrow(new RegExp(part));
  });

  test.each(listModels())("%s at every size below its own", (name) => {
    const { inputShape, smallSide } = findModel(name).facts;
    const model = findModel(name)({ device }).eval();
    for (let side = 1; side < smallSide; side += 3) {
      using _ = scope();
      try {
        model.forward(zeros([1, inputShape[0], side, side], { device }));
      } catch (error) {
        expect(error).toBeInstanceOf(ShapeError);
        expect((error as Error).message).toMatch(/^[\w.]+: .*(Resize the images to \d+×\d+|sides are a multiple of 32)/);
      }
    }
  });

  test("in features, intermediates and training with auxiliary heads alike", () => {
    using _ = scope();
    const size = /features\.30: maxPool2d: .*Resize the images to 224×224 \(at least 32×32\)$/;
    const [model, image] = [vgg16({ device }), zeros([1, 3, 31, 31], { device })];
    expect(() => model.features().forward(image)).toThrow(size);
    expect(() => model.forwardIntermediates(image)).toThrow(size);
    const tiny = zeros([2, 3, 4, 4], { device });
    expect(() => googlenet({ device }).forwardAux(tiny)).toThrow(/^\w+: maxPool2d: .*Resize the images to 224×224/);
  });
});

test("other errors at such a size stay what they are", () => {
  using _ = scope();
  expect(() => vgg16({ device }).forward(zeros([1, 1, 31, 31], { device }))).toThrow(/^features\.0: conv2d: .*channels/);
  expect(() => vgg16({ device }).forward(zeros([1, 1, 31, 31], { device }))).not.toThrow(/Resize/);
  expect(() => vgg16({ device }).features({ stages: ["stage9"] })).toThrow(ArgumentError);
});
