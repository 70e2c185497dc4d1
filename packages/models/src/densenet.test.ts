import { cpu } from "@vertebra/backend-cpu";
import {
  abs,
  backward,
  concat,
  crossEntropy,
  type Device,
  manualSeed,
  mean,
  noGrad,
  observe,
  openMeta,
  scope,
  seedInit,
  sum,
  summarize,
  type Tensor,
  tensor,
  withDevice,
  withFusion,
  zeros,
} from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DenseBlock } from "./blocks/dense-block";
import { DenseLayer } from "./blocks/dense-layer";
import { Transition } from "./blocks/transition";
import { DenseNet, type DenseNetOptions, densenet121 } from "./densenet";

const meta = openMeta();
const SMALL = { initChannels: 8, growthRate: 4, blocks: [16, 8, 4, 4] } as const;

describe("blocks", () => {
  const on = <T>(make: () => T): T => withDevice(meta, make);

  test("a dense layer gives the new features alone, a block all of them, and a transition half the size", () => {
    const x = zeros([2, 12, 6, 6], { device: meta });
    expect(on(() => new DenseLayer({ inChannels: 12, growthRate: 4 })).forward(x).shape).toEqual([2, 4, 6, 6]);
    const block = on(() => new DenseBlock({ layers: 3, inChannels: 12, growthRate: 4 }));
    expect(block.forward(x).shape).toEqual([2, 24, 6, 6]);
    expect(block.namedChildren().map(([name]) => name)).toEqual(["denselayer1", "denselayer2", "denselayer3"]);
    expect(on(() => new Transition({ inChannels: 12, outChannels: 5 })).forward(x).shape).toEqual([2, 5, 3, 3]);
  });

  test("the bottleneck has bnSize times the growth rate channels", () => {
    const layer = on(() => new DenseLayer({ inChannels: 12, growthRate: 4, bnSize: 2 }));
    expect([layer.conv1.weight.shape, layer.conv2.weight.shape]).toEqual([
      [8, 12, 1, 1],
      [4, 8, 3, 3],
    ]);
  });

  test("features of another number of channels are an error that names the layer", () => {
    const block = on(() => new DenseBlock({ layers: 2, inChannels: 12, growthRate: 4 }));
    expect(() => block.forward(zeros([1, 10, 6, 6], { device: meta }))).toThrow("denselayer1.norm1: batchNorm");
  });
});

describe("the tutorials' form", () => {
  const model = densenet121({ transitionPadding: 1, convBias: true, device: meta });

  test("has 7,989,032 parameters: a bias for every convolution but the first", () => {
    expect(summarize(model, [1, 3, 224, 224]).params).toBe(7_989_032);
  });

  test("has maps of 29, 15 and 8 where padding 0 gives 28, 14 and 7", () => {
    const sides = (of: DenseNet) =>
      of
        .features({ stages: ["denseblock2", "denseblock3", "denseblock4"] })
        .forward(zeros([1, 3, 224, 224], { device: meta }))
        .map(({ shape }) => shape[2]);
    expect(sides(model)).toEqual([29, 15, 8]);
    expect(sides(densenet121({ device: meta }))).toEqual([28, 14, 7]);
  });
});

describe("a DenseNet on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  const images = (count: number, side: number) =>
    tensor(
      Float32Array.from({ length: count * 3 * side * side }, (_, i) => Math.sin(i)),
      { shape: [count, 3, side, side], device },
    );
  const build = async (options: DenseNetOptions) => {
    seedInit(0);
    manualSeed(0, device);
    const model = withDevice(device, () => new DenseNet(SMALL, { numClasses: 5, ...options }));
    // Made now, not in the forward pass.
    for (const value of model.stateDict().values()) await value.data();
    return model;
  };

  test("takes features in parts as it takes them joined", async () => {
    using _ = scope();
    using layer = withDevice(device, () => new DenseLayer({ inChannels: 6, growthRate: 4 })).eval();
    const [a, b] = [images(2, 5), images(2, 5).mul(0.5)];
    const [whole, parts] = noGrad(() => [layer.forward(concat([a, b], 1)), layer.forward([a, b])] as const);
    expect(await parts.data()).toEqual(await whole.data());
  });

  test("runs every norm in a kernel with its ReLU at evaluation, and computes what each alone computes", async () => {
    using _ = scope();
    using model = (await build({})).eval();
    const run = async (fusion: boolean) => {
      const ops = new Map<string, number>();
      const logits = observe(
        ({ op }) => ops.set(op, (ops.get(op) ?? 0) + 1),
        () => withFusion(fusion, () => noGrad(() => model.forward(images(2, 64)))),
      );
      return { ops, values: await logits.data() };
    };
    await run(true); // Folds the norms.
    const [fused, plain] = [await run(true), await run(false)];
    const countOf = (ops: Map<string, number>) => ["scaleShift", "relu", "scaleShiftFused"].map((op) => ops.get(op) ?? 0);
    // Of 32 layers of two, three transitions, the stem and the last norm, convolutions take those of the stem and in the layers.
    expect([countOf(fused.ops), countOf(plain.ops)]).toEqual([
      [0, 0, 36],
      [69, 69, 0],
    ]);
    expectClose(fused.values, plain.values, 1e-5);
  });

  test("gives the classifier the mean of its last stage", async () => {
    using _ = scope();
    using model = (await build({})).eval();
    const { output, intermediates } = noGrad(() => model.forwardIntermediates(images(2, 32), { stages: ["denseblock4"] }));
    const last = intermediates[0] as Tensor;
    expect(Math.min(...(await last.data()))).toBe(0);
    const logits = noGrad(() => model.classifier?.forward(mean(last, { axes: [2, 3] }))) as Tensor;
    expect(await output.data()).toEqual(await logits.data());
  });

  test("memory-efficient, it computes the same gradients and statistics from half the memory", async () => {
    using _ = scope();
    const run = async (memoryEfficient: boolean) => {
      using s = scope();
      using model = await build({ memoryEfficient, dropRate: 0.2, dropout: 0.3 });
      const x = images(4, 64);
      const before = device.memory().bytesInUse;
      const loss = crossEntropy(model.forward(x), tensor([1, 3, 0, 4], { dtype: "i32", device }));
      const held = device.memory().bytesInUse - before;
      const grads = backward(loss);
      const values = await Promise.all(model.parameters().map(async (param) => await grads.get(param)?.data()));
      const statistics = await Promise.all(model.namedBuffers().map(async ([, value]) => await value.data()));
      s.end();
      return { held, values, statistics };
    };
    const [plain, efficient] = [await run(false), await run(true)];
    expect(efficient.statistics).toEqual(plain.statistics);
    for (const [i, values] of efficient.values.entries()) expectClose(values, plain.values[i]);
    expect(efficient.held).toBeLessThan(0.5 * plain.held);
  });

  test("drops outputs of dense layers in training only", async () => {
    using _ = scope();
    using layer = withDevice(device, () => new DenseLayer({ inChannels: 3, growthRate: 4, dropRate: 1 }));
    expect(await sum(abs(layer.forward(images(2, 6)))).item()).toBe(0);
    expect(await sum(abs(layer.eval().forward(images(2, 6)))).item()).toBeGreaterThan(0);
  });

  test("at evaluation keeps little more than a block's features and their normalised form", async () => {
    using _ = scope();
    using block = withDevice(device, () => new DenseBlock({ layers: 12, inChannels: 32, growthRate: 8 })).eval();
    const x = zeros([1, 32, 40, 40], { device });
    const run = () => noGrad(() => block.forward(x)).dispose();
    run();
    const before = device.memory().bytesInUse;
    device.resetPeak();
    run();
    await device.sync();
    const map = (32 + 12 * 8) * 40 * 40 * 4;
    expect(device.memory().bytesInUse).toBe(before);
    expect(device.memory().peakBytes - before).toBeLessThanOrEqual(2.2 * map);
  });
});

/** Sums of gradients run in another order. */
function expectClose(ours: ArrayLike<number> | undefined, expected: ArrayLike<number> | undefined, share = 1e-4): void {
  const [a, b] = [Array.from(ours ?? []), Array.from(expected ?? [])];
  const scale = Math.max(...b.map(Math.abs));
  expect(a.length).toBe(b.length);
  expect(Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))))).toBeLessThanOrEqual(share * scale);
}
