import { cpu } from "@vertebra/backend-cpu";
import { type Device, noGrad, openMeta, type Shape, scope, sum, tensor, zeros } from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inception_v3 } from "./inception-v3";
import { generatedWeights } from "./testing/generated-weights";

const meta = openMeta();
const images = (side: number, channels = 3) => zeros([2, channels, side, side], { device: meta });
const shapes = (tensors: readonly { readonly shape: Shape }[]) => tensors.map(({ shape }) => shape);

describe("the auxiliary head of Inception v3", () => {
  test("has the parameters that torchvision's has", () => {
    const count = (auxLogits: boolean) =>
      inception_v3({ auxLogits, device: meta })
        .parameters()
        .reduce((all, { elements }) => all + elements, 0);
    expect([count(true), count(false)]).toEqual([27_161_264, 23_834_568]);
  });

  test("gives logits in training alone", () => {
    using _ = scope();
    const model = inception_v3({ numClasses: 5, device: meta });
    const { logits, aux } = model.forwardAux(images(299));
    expect(shapes([logits, ...aux])).toEqual([
      [2, 5],
      [2, 5],
    ]);
    expect(model.eval().forwardAux(images(299)).aux).toEqual([]);
    expect(inception_v3({ auxLogits: false, device: meta }).forwardAux(images(299)).aux).toEqual([]);
  });

  test("is left out without the top", () => {
    const names = [...inception_v3({ includeTop: false, device: meta }).stateDict().keys()];
    expect(names.filter((name) => name.startsWith("AuxLogits") || name.startsWith("fc"))).toEqual([]);
  });

  test("gets a new classifier together with the model", () => {
    using _ = scope();
    const model = inception_v3({ device: meta }).resetClassifier(7);
    expect(shapes(model.forwardAux(images(299)).aux)).toEqual([[2, 7]]);
  });

  test("refuses training images below 299 × 299 in its name, and the rest of the network takes 75 × 75", () => {
    using _ = scope();
    const model = inception_v3({ device: meta });
    const train = (side: number) => model.trainingLoss(images(side), (logits) => sum(logits));
    expect(() => train(298)).toThrow(
      "AuxLogits: InceptionV3Aux: x must be at least 17×17, from images of at least 299×299, got [2, 768, 16, 16]. " +
        "Resize the images to 299×299, or build the model with auxLogits: false",
    );
    expect(() => train(299)).not.toThrow();
    expect(inception_v3({ device: meta, auxLogits: false }).trainingLoss(images(75), sum).logits.shape).toEqual([2, 1000]);
    expect(model.eval().forward(images(75)).shape).toEqual([2, 1000]);
  });
});

describe("Inception v3 on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  test("with transformInput takes images normalised by ImageNet's statistics", async () => {
    using _ = scope();
    using model = inception_v3({ includeTop: false, device });
    using transforming = inception_v3({ includeTop: false, transformInput: true, device });
    const pixels = Array.from({ length: 3 * 75 * 75 }, (_, i) => ((i * 37) % 101) / 100);
    const normalised = (mean: readonly number[], std: readonly number[]) =>
      tensor(
        Float32Array.from(pixels, (value, i) => (value - mean[Math.floor(i / 75 ** 2)]!) / std[Math.floor(i / 75 ** 2)]!),
        { shape: [1, 3, 75, 75], device },
      );
    for (const one of [model, transforming]) one.loadStateDict(generatedWeights(one));
    const map = noGrad(() => model.eval().forward(normalised([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])));
    const same = noGrad(() => transforming.eval().forward(normalised([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])));
    const [expected, values] = [await map.data(), await same.data()];
    const largest = Math.max(...expected);
    expect(largest).toBeGreaterThan(0);
    expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4 * largest);
  });

  test("refuses transformInput for other images than of three channels", () => {
    expect(() => inception_v3({ transformInput: true, inChannels: 1, device })).toThrow(
      "transformInput: inChannels must be 3, ImageNet's, got 1. Leave transformInput out",
    );
  });

  test("starts from weights of standard deviation 0.1, and 0.001 in the auxiliary classifier, as torchvision's", async () => {
    using model = inception_v3({ device });
    const std = async (values: Promise<ArrayLike<number>>) =>
      Math.sqrt(Array.from(await values).reduce((all, value, _, { length }) => all + value ** 2 / length, 0));
    expect(await std(model.Mixed_5b.branch5x5_2.conv.weight.data())).toBeCloseTo(0.1, 2);
    expect(await std(model.fc!.weight.data())).toBeCloseTo(0.1, 3);
    expect(await std(model.AuxLogits!.conv1.conv.weight.data())).toBeCloseTo(0.1, 3);
    expect(await std(model.AuxLogits!.fc.weight.data())).toBeCloseTo(0.001, 5);
  });
});
