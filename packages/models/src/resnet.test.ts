import { cpu } from "@vertebra/backend-cpu";
import { backward, type Device, noGrad, observe, openMeta, scope, sum, withDevice, withFusion, zeros } from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BasicBlock } from "./blocks/basic-block";
import { Bottleneck } from "./blocks/bottleneck";
import { resnet18, resnet50 } from "./resnet";

describe("blocks", () => {
  const on = <T>(make: () => T): T => withDevice(openMeta(), make);

  test("a shortcut is projected where stride or channels change, and nowhere else", () => {
    const names = (options: { inChannels: number; channels: number; stride?: number }) =>
      on(() => new BasicBlock(options).namedChildren().map(([name]) => name));
    expect(names({ inChannels: 8, channels: 8 })).not.toContain("downsample");
    expect(names({ inChannels: 8, channels: 8, stride: 2 })).toContain("downsample");
    expect(names({ inChannels: 4, channels: 8 })).toContain("downsample");
    expect(on(() => new Bottleneck({ inChannels: 32, channels: 8 })).downsample).toBeNull();
  });

  test("a forced identity that doesn't fit is an error naming both branches and the layer", () => {
    const run = () => {
      const block = new BasicBlock({ inChannels: 4, channels: 8, downsample: false });
      return block.forward(zeros([1, 4, 6, 6]));
    };
    expect(() => on(run)).toThrow(
      "residual: the block's branch and its shortcut must have one shape, got branch [1, 8, 6, 6] and shortcut [1, 4, 6, 6]. " +
        "Build the block with downsample: true (a 1×1 convolution on the shortcut), or keep stride 1 and the channels",
    );
  });

  test("width follows groups and width per group", () => {
    const block = on(() => new Bottleneck({ inChannels: 64, channels: 64, groups: 32, widthPerGroup: 4, stride: 2 }));
    expect(block.conv2.weight.shape).toEqual([128, 4, 3, 3]);
  });
});

describe("ResNet on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  const opsOf = (fn: () => unknown): Set<string> => {
    const ops = new Set<string>();
    observe(({ op }) => ops.add(op), fn);
    return ops;
  };

  test("runs fused at evaluation without gradients, and only then", () => {
    using _ = scope();
    using model = resnet18({ device, numClasses: 10 });
    const x = zeros([1, 3, 32, 32], { device });
    model.eval();
    const fused = opsOf(() => noGrad(() => model.forward(x)));
    expect([fused.has("conv2dFused"), fused.has("conv2d")]).toEqual([true, false]);
    expect(opsOf(() => model.forward(x)).has("conv2dFused")).toBe(false);
    expect(opsOf(() => withFusion(false, () => noGrad(() => model.forward(x)))).has("conv2dFused")).toBe(false);
    expect(opsOf(() => noGrad(() => model.train().forward(zeros([2, 3, 64, 64], { device })))).has("conv2dFused")).toBe(false);
  });

  test("names the layer in errors of fused calls too", () => {
    using model = resnet18({ device, inChannels: 1 });
    const run = () => noGrad(() => model.eval().forward(zeros([1, 3, 32, 32], { device })));
    expect(run).toThrow("conv1: conv2d: weight.shape[1] must be channels / groups = 3 / 1 = 3");
  });

  test("at evaluation keeps little more than the two largest maps of one block", async () => {
    using _ = scope();
    using model = resnet50({ device, numClasses: 10 }).eval();
    const x = zeros([1, 3, 128, 128], { device });
    const run = () => noGrad(() => model.forward(x)).dispose();
    run();
    const before = device.memory().bytesInUse;
    device.resetPeak();
    run();
    await device.sync();
    // Input and output of a block of the first stage, 256 channels at a quarter of the image's side.
    const map = 256 * 32 * 32 * 4;
    expect(device.memory().bytesInUse).toBe(before);
    expect(device.memory().peakBytes - before).toBeLessThanOrEqual(1.5 * 2 * map);
  });

  test("a training step leaves nothing behind but parameters", () => {
    using model = resnet18({ device, numClasses: 10 });
    const step = () => {
      using _ = scope();
      backward(sum(model.forward(zeros([2, 3, 32, 32], { device }))));
    };
    step();
    const before = device.memory();
    step();
    expect(device.memory().bytesInUse).toBe(before.bytesInUse);
  });
});
