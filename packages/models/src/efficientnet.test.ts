import { cpu } from "@vertebra/backend-cpu";
import {
  backward,
  type Device,
  noGrad,
  observe,
  openMeta,
  StochasticDepth,
  scope,
  seedInit,
  sum,
  tensor,
  withDevice,
  withFusion,
  zeros,
} from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeDivisible } from "./blocks/make-divisible";
import { MBConv, type MBConvOptions } from "./blocks/mb-conv";
import { SqueezeExcitation } from "./blocks/squeeze-excitation";
import { compoundScale, type EfficientNetOptions, efficientnet_b0 } from "./efficientnet";

const meta = openMeta();

test("one step of compound scaling about doubles the multiply-accumulates", () => {
  const { depth, width, resolution } = compoundScale(1);
  expect([depth, width, resolution]).toEqual([1.2, 1.1, 1.15]);
  // Equation 3 of the paper.
  expect(Math.abs(depth * width ** 2 * resolution ** 2 - 2)).toBeLessThan(0.1);
  expect(compoundScale(0)).toEqual({ depth: 1, width: 1, resolution: 1 });
});

test.each([
  [32 * 1.1, 32],
  [24 * 1.4, 32],
  [40 * 1.1, 48],
  // 8 would be less than nine tenths of it.
  [10, 16],
  [3, 8],
])("%d channels become %d", (channels, rounded) => {
  expect(makeDivisible(channels, 8)).toBe(rounded);
});

describe("blocks", () => {
  const make = (options: MBConvOptions) => withDevice(meta, () => new MBConv(options));
  const layers = (options: MBConvOptions) => make(options).block.layers.map(({ typeName }) => typeName);

  test("an MBConv expands unless its ratio is 1, and squeezes to a quarter of its input", () => {
    expect(layers({ inChannels: 16, outChannels: 24 })).toEqual([
      "Conv2dNormActivation",
      "Conv2dNormActivation",
      "SqueezeExcitation",
      "Conv2dNormActivation",
    ]);
    expect(layers({ inChannels: 16, outChannels: 24, expandRatio: 1 })).toHaveLength(3);
    const squeeze = make({ inChannels: 16, outChannels: 24 }).block.layers[2] as SqueezeExcitation;
    expect(squeeze.fc1.weight.shape).toEqual([4, 96, 1, 1]);
  });

  test("an image of another number of channels is an error that names the layer", () => {
    const block = make({ inChannels: 16, outChannels: 16 });
    expect(() => block.forward(zeros([1, 8, 6, 6], { device: meta }))).toThrow("block.0.0: conv2d");
  });
});

describe("options", () => {
  const build = (options: EfficientNetOptions) => efficientnet_b0({ ...options, device: meta });
  const depths = (options: EfficientNetOptions) =>
    build(options)
      .namedModules()
      .flatMap(([, module]) => (module instanceof StochasticDepth ? [module.p] : []));

  test("stochastic depth grows from 0 with the block's place", () => {
    // Blocks 0 to 15 of 16, as in torchvision.
    expect(depths({})).toEqual(Array.from({ length: 16 }, (_, i) => (0.2 * i) / 16));
    expect(new Set(depths({ stochasticDepth: 0 }))).toEqual(new Set([0]));
  });

  test("the ReLU6 form has no other activation", () => {
    const printed = String(build({ activation: "relu6" }));
    expect(printed).toContain("ReLU6(inplace=True)");
    expect(printed).not.toContain("SiLU");
  });
});

describe("on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  const images = (shape: readonly [number, number, number, number]) =>
    tensor(
      Float32Array.from({ length: shape.reduce((count, size) => count * size, 1) }, (_, i) => Math.sin(i)),
      { shape, device },
    );

  test.each(["sigmoid", "hardsigmoid"] as const)("squeeze-and-excitation scales each channel by its %s", async (gate) => {
    using _ = scope();
    using block = withDevice(device, () => new SqueezeExcitation({ inChannels: 3, squeezeChannels: 2, gate }));
    const zero = { dtype: "f32", shape: [3, 2, 1, 1], bytes: new Uint8Array(3 * 2 * 4) } as const;
    const bias = { dtype: "f32", shape: [3], bytes: new Uint8Array(Float32Array.of(-200, 0, 200).buffer) } as const;
    block.loadStateDict(new Map(Object.entries({ "fc2.weight": zero, "fc2.bias": bias })), { strict: false });
    const x = images([1, 3, 2, 2]);
    const expected = (await x.data()).map((value, i) => value * ([0, 0.5, 1][Math.floor(i / 4)] as number));
    expect(await block.forward(x).data()).toEqual(expected);
  });

  test("an MBConv adds its shortcut, unless told not to", async () => {
    using _ = scope();
    const make = (residual: boolean) => {
      seedInit(0);
      return withDevice(device, () => new MBConv({ inChannels: 8, outChannels: 8, residual })).eval();
    };
    using added = make(true);
    using bare = make(false);
    const x = images([2, 8, 6, 6]);
    const [branch, whole] = await Promise.all([bare, added].map(async (block) => await block.forward(x).data()));
    const shortcut = await x.data();
    expect(whole).toEqual(branch?.map((value, i) => value + (shortcut[i] as number)));
  });

  test("an MBConv that is always left out gives its input, in training only", async () => {
    using _ = scope();
    using block = withDevice(device, () => new MBConv({ inChannels: 8, outChannels: 8, stochasticDepth: 1 }));
    const x = images([2, 8, 6, 6]);
    expect(await block.forward(x).data()).toEqual(await x.data());
    expect(await block.eval().forward(x).data()).not.toEqual(await x.data());
  });

  test("B0 runs shortcuts and SiLU inside its convolutions at evaluation, with the same result", async () => {
    using _ = scope();
    using model = efficientnet_b0({ device, numClasses: 5 }).eval();
    const x = images([2, 3, 64, 64]);
    const run = async (fusion: boolean) => {
      const ops = new Set<string>();
      const y = observe(
        ({ op }) => ops.add(op),
        () => withFusion(fusion, () => noGrad(() => model.forward(x))),
      );
      return { ops, values: Array.from(await y.data()) };
    };
    const [fused, plain] = [await run(true), await run(false)];
    expect(["silu", "scaleShift"].filter((op) => fused.ops.has(op))).toEqual([]);
    expect(["silu", "scaleShift"].filter((op) => plain.ops.has(op))).toEqual(["silu", "scaleShift"]);
    const scale = Math.max(...plain.values.map(Math.abs));
    for (const [i, value] of fused.values.entries())
      expect(Math.abs(value - (plain.values[i] as number))).toBeLessThan(1e-5 * scale);
  });

  test("a training step of B0 gives every parameter a gradient, and leaves nothing else behind", () => {
    using model = efficientnet_b0({ device, numClasses: 5 });
    const step = () => {
      using _ = scope();
      const grads = backward(sum(model.forward(images([2, 3, 64, 64]))));
      return model.parameters().every((param) => grads.get(param));
    };
    expect(step()).toBe(true);
    const before = device.memory().bytesInUse;
    step();
    expect(device.memory().bytesInUse).toBe(before);
  });
});
