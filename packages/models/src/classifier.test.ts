import { createHash } from "node:crypto";
import { cpu } from "@vertebra/backend-cpu";
import {
  backward,
  crossEntropy,
  type Device,
  manualSeed,
  noGrad,
  openMeta,
  scope,
  seedInit,
  sum,
  tensor,
  zeros,
} from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Classifier } from "./classifier";
import { findModel, listModels } from "./registry";
import { resnet18 } from "./resnet";

const meta = openMeta();

const build = (name: string, options: { includeTop?: boolean } = {}): Classifier =>
  findModel(name)({ ...options, device: meta }).eval();

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe.each(listModels())("%s", (name) => {
  const { inputShape, smallSide, numClasses } = findModel(name).facts;
  const input = () => zeros([1, ...inputShape], { device: meta });

  test("has stages of the channels and strides that it declares", () => {
    using _ = scope();
    const model = build(name);
    const pyramid = model.features();
    const maps = pyramid.forward(input());
    expect(maps.map(({ shape }) => shape[1])).toEqual(pyramid.channels);
    const [, height] = inputShape;
    // Layers without padding lose a border on top of dividing the side.
    for (const [i, { shape }] of maps.entries()) {
      const side = height / pyramid.strides[i]!;
      expect(shape[2]).toBeLessThanOrEqual(Math.ceil(side) + 1);
      expect(shape[2]).toBeGreaterThan(side * 0.5);
    }
  });

  test("takes images of its smallest side", () => {
    using _ = scope();
    const x = zeros([2, inputShape[0], smallSide, smallSide], { device: meta });
    expect(build(name).forward(x).shape).toEqual([2, numClasses]);
    expect(build(name).train().forward(x).shape).toEqual([2, numClasses]);
  });

  test("gives the same shapes with its intermediates as without", () => {
    using _ = scope();
    const model = build(name);
    const { output, intermediates } = model.forwardIntermediates(input());
    expect(output.shape).toEqual([1, numClasses]);
    expect(intermediates.map(({ shape }) => shape[1])).toEqual(model.stages().map(({ channels }) => channels));
  });

  test("without the top gives its last feature map, and has no parameters of the top", () => {
    using _ = scope();
    const [whole, bare] = [build(name), build(name, { includeTop: false })];
    const last = whole.stages().at(-1)!;
    expect(bare.forward(input()).shape[1]).toBe(last.channels);
    const names = [...bare.stateDict().keys()];
    expect(names).not.toContain(`${whole.classifierNames()[0]}.weight`);
    expect(new Set(whole.stateDict().keys())).toEqual(new Set([...whole.stateDict().keys(), ...names]));
    expect(bare.numClasses).toBe(0);
  });

  test("takes a new classifier", () => {
    using _ = scope();
    const model = build(name).resetClassifier(7);
    expect(model.forward(input()).shape).toEqual([1, 7]);
    expect(model.numClasses).toBe(7);
  });

  test("takes other numbers of classes and channels", () => {
    using _ = scope();
    const [, height, width] = inputShape;
    const model = findModel(name)({ numClasses: 3, inChannels: 2, device: meta }).eval();
    expect(model.forward(zeros([2, 2, height, width], { device: meta })).shape).toEqual([2, 3]);
  });
});

describe("a ResNet-18 on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  const x = () =>
    tensor(
      Float32Array.from({ length: 2 * 3 * 32 * 32 }, (_, i) => Math.sin(i)),
      { shape: [2, 3, 32, 32], device },
    );

  test("gives in a pyramid what its stages give, under the names of its checkpoints", async () => {
    using _ = scope();
    using model = resnet18({ device, numClasses: 5 }).eval();
    const pyramid = model.features({ stages: ["layer3", "layer1"] });
    expect([pyramid.stages, pyramid.strides, pyramid.channels]).toEqual([
      ["layer1", "layer3"],
      [4, 16],
      [64, 256],
    ]);
    expect([...pyramid.stateDict().keys()].at(-1)).toMatch(/^layer3\.1\.bn2/);
    const maps = noGrad(() => pyramid.forward(x()));
    const { intermediates, output } = noGrad(() => model.forwardIntermediates(x(), { stages: ["layer1", "layer3"] }));
    for (const [i, map] of maps.entries()) expect(await map.data()).toEqual(await intermediates[i]!.data());
    expect(await output.data()).toEqual(await noGrad(() => model.forward(x())).data());
  });

  test("trains through a pyramid", () => {
    using _ = scope();
    using model = resnet18({ device, numClasses: 5 });
    const pyramid = model.features({ stages: ["layer2"] });
    const grads = backward(sum(pyramid.forward(x())[0]!));
    expect(pyramid.parameters().every((param) => grads.get(param))).toBe(true);
    expect(grads.get(model.fc!.weight)).toBeUndefined();
  });

  test("computes the same gradients under checkpointing, in less memory", async () => {
    using _ = scope();
    const run = async (checkpointing: boolean) => {
      seedInit(0);
      manualSeed(0, device);
      using s = scope();
      using model = resnet18({ device, numClasses: 5, checkpointing, dropout: 0.5 });
      const images = x();
      // Made now, not in the forward pass.
      for (const value of model.stateDict().values()) await value.data();
      const before = device.memory().bytesInUse;
      const loss = crossEntropy(model.forward(images), tensor([1, 3], { dtype: "i32", device }));
      const held = device.memory().bytesInUse - before;
      const grads = backward(loss);
      const values: string[] = [];
      for (const param of model.parameters()) values.push(sha256(await grads.get(param)!.bytes()));
      const statistics = Array.from(await model.bn1!.running_mean!.data());
      s.end();
      return { held, values, statistics };
    };
    const [plain, recomputed] = [await run(false), await run(true)];
    expect(recomputed.values).toEqual(plain.values);
    expect(recomputed.statistics).toEqual(plain.statistics);
    expect(recomputed.held).toBeLessThan(0.7 * plain.held);
  });

  test("answers unknown stages with the nearest, and a headless model's resetClassifier with the reason", () => {
    using model = resnet18({ device, includeTop: false });
    expect(() => model.features({ stages: ["layer5"] })).toThrow('features: stages must be a known name, got "layer5"');
    expect(() => model.resetClassifier(2)).toThrow("resetClassifier: the model must have a classifier");
  });
});
