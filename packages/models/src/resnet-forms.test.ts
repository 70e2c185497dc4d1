import { cpu } from "@vertebra/backend-cpu";
import {
  backward,
  type Device,
  type Module,
  noGrad,
  openMeta,
  scope,
  sum,
  summarize,
  tensor,
  withDevice,
  zeros,
} from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BasicBlock } from "./blocks/basic-block";
import { Bottleneck } from "./blocks/bottleneck";
import { PreActBasicBlock } from "./blocks/pre-act-basic-block";
import { PreActBottleneck } from "./blocks/pre-act-bottleneck";
import { type ResNetOptions, resnet18, resnet50, resnext50_32x4d } from "./resnet";

const device = openMeta();
const on = <T>(make: () => T): T => withDevice(device, make);
const paramsOf = (model: Module): number => model.parameters().reduce((total, { elements }) => total + elements, 0);

/** Parameters that a training step gives no gradient. */
function withoutGradient(model: Module): [name: string, elements: number][] {
  const grads = backward(sum(model.forward(zeros([2, 3, 64, 64], { device }))));
  return model
    .namedParameters()
    .filter(([, param]) => !grads.get(param))
    .map(([name, { elements }]) => [name, elements]);
}

describe("the tutorial's ResNet-50: biases, stride on the 1×1, a shortcut convolution in every block", () => {
  const form = { version: "1", convBias: true, shortcut: "always-owned", device } as const;

  test("has 40,166,312 parameters, 14.6 million of which never get a gradient", () => {
    const model = resnet50(form);
    expect(paramsOf(model)).toBe(40_166_312);
    const unused = withoutGradient(model);
    // Twelve identity shortcuts: C² weights, C biases and 2 C of the norm each.
    const shortcuts = [2, 3, 5, 2].map((blocks, i) => blocks * ((256 << i) ** 2 + 3 * (256 << i)));
    expect(unused.reduce((total, [, elements]) => total + elements, 0)).toBe(shortcuts.reduce((a, b) => a + b));
    expect(unused.every(([name]) => /^layer\d\.[1-9]\.downsample\./.test(name))).toBe(true);
    expect(unused.length).toBe(12 * 4);
  });

  test("computes no more than with projections where they are needed", () => {
    const macs = (options: ResNetOptions) => summarize(resnet50({ ...options, device }), [1, 3, 224, 224]).macs;
    expect(macs(form)).toBe(macs({ version: "1" }));
  });

  test.each([
    ["1", {}],
    ["1.5", {}],
    ["2", {}],
    ["2", { convBias: true }],
  ] as const)("version %s with %o alone has no waste", (version, options) => {
    expect(withoutGradient(resnet50({ version, ...options, device }))).toEqual([]);
  });
});

describe("versions", () => {
  test("1 strides the first 1×1 of a bottleneck, 1.5 the 3×3", () => {
    const strides = (version: "1" | "1.5") => {
      const block = resnet50({ version, device }).layer2.layers[0] as Bottleneck;
      return [block.conv1.attrs.stride[0], block.conv2.attrs.stride[0]];
    };
    expect([strides("1"), strides("1.5")]).toEqual([
      [2, 1],
      [1, 2],
    ]);
    // The strided 1×1 leaves a quarter of the positions: torchvision's table has 4.09 for v1.5, the paper 3.8 for v1.
    const macs = summarize(resnet50({ version: "1", device }), [1, 3, 224, 224]).macs;
    expect(Math.floor(macs / 1e8) / 10).toBe(3.8);
  });

  test("1 and 1.5 have the same parameters", () => {
    const layout = (version: "1" | "1.5") =>
      [...resnet50({ version, device }).stateDict()].map(([name, { shape }]) => [name, shape]);
    expect(layout("1")).toEqual(layout("1.5"));
  });

  test("2 has as many parameters as timm's resnetv2_50, and its norms in front", () => {
    const model = resnet50({ version: "2", device });
    expect(paramsOf(model)).toBe(25_549_352);
    const names = [...model.stateDict().keys()];
    expect(names.slice(0, 2)).toEqual(["conv1.weight", "layer1.0.bn1.weight"]);
    expect(names.filter((name) => name.includes("downsample"))).toEqual(
      [1, 2, 3, 4].map((i) => `layer${i}.0.downsample.0.weight`),
    );
    expect(names.slice(-7)).toEqual([
      "norm.weight",
      "norm.bias",
      "norm.running_mean",
      "norm.running_var",
      "norm.num_batches_tracked",
      "fc.weight",
      "fc.bias",
    ]);
  });

  test("2 gives the stages of the others, the last behind the final norm and ReLU", () => {
    const pyramid = resnet18({ version: "2", device }).features();
    const maps = pyramid.forward(zeros([1, 3, 64, 64], { device }));
    expect(maps.map(({ shape }) => shape.slice(1))).toEqual([
      [64, 32, 32],
      [64, 16, 16],
      [128, 8, 8],
      [256, 4, 4],
      [512, 2, 2],
    ]);
    expect([...pyramid.stateDict().keys()].at(-1)).toBe("norm.num_batches_tracked");
  });

  test("2 takes groups", () => {
    const block = resnext50_32x4d({ version: "2", device }).layer1.layers[0] as PreActBottleneck;
    expect(block.conv2.weight.shape).toEqual([128, 4, 3, 3]);
  });
});

describe("a block's shortcut", () => {
  const blocks = [
    ["BasicBlock", BasicBlock, 8],
    ["Bottleneck", Bottleneck, 2],
    ["PreActBasicBlock", PreActBasicBlock, 8],
    ["PreActBottleneck", PreActBottleneck, 2],
  ] as const;

  test.each(blocks)("of %s that doesn't fit names both branches and the option that helps", (_, Block, channels) => {
    const run = () => new Block({ inChannels: 4, channels, downsample: false }).forward(zeros([1, 4, 6, 6]));
    expect(() => on(run)).toThrow("got branch [1, 8, 6, 6] and shortcut [1, 4, 6, 6]. Build the block with downsample: true");
  });

  test.each(blocks)("of %s in every form and stride has the branch's shape", (_, Block, channels) => {
    for (const shortcut of ["projection-where-needed", "always-owned", "zero-padded", "none"] as const) {
      for (const stride of [1, 2]) {
        const run = () => new Block({ inChannels: 5, channels, stride, shortcut }).forward(zeros([1, 5, 7, 6]));
        expect(on(run).shape).toEqual([1, 8, Math.ceil(7 / stride), 6 / stride]);
      }
    }
  });

  test("without parameters can't be a projection, nor lead to fewer channels", () => {
    const make = (options: object) => on(() => new BasicBlock({ inChannels: 8, channels: 4, ...options }));
    expect(() => make({ shortcut: "none", downsample: true })).toThrow('got shortcut: "none" and downsample: true');
    expect(() => make({ shortcut: "zero-padded" })).toThrow("as many channels or more, got 8 to 4");
  });
});

describe("zeroInitResidual on cpu", () => {
  let real: Device;
  beforeAll(async () => {
    real = await cpu().open();
  });
  afterAll(() => real.close());

  test.each([PreActBasicBlock, PreActBottleneck])("makes a pre-activated block the identity: %o", async (Block) => {
    using _ = scope();
    const block = withDevice(real, () => new Block({ inChannels: 8, channels: 8 / Block.expansion, zeroInitResidual: true }));
    const values = Float32Array.from({ length: 2 * 8 * 9 }, (_, i) => Math.sin(i));
    const y = noGrad(() => block.forward(tensor(values, { shape: [2, 8, 3, 3], device: real })));
    expect(await y.data()).toEqual(values);
  });
});
