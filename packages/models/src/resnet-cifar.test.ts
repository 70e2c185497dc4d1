import { cpu } from "@vertebra/backend-cpu";
import { type Device, noGrad, openMeta, scope, tensor, withDevice, zeros } from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BasicBlock } from "./blocks/basic-block";
import { CIFAR_RESNETS, plain20_cifar, resnet20_cifar } from "./resnet-cifar";

describe("the paper's networks for CIFAR-10", () => {
  test("have its table 6's millions of parameters", () => {
    const published = {
      resnet20_cifar: 0.27,
      resnet32_cifar: 0.46,
      resnet44_cifar: 0.66,
      resnet56_cifar: 0.85,
      resnet110_cifar: 1.7,
    };
    for (const [name, millions] of Object.entries(published)) {
      const facts = CIFAR_RESNETS.find((factory) => factory.facts.name === name)!.facts;
      const digits = millions > 1 ? 1 : 2;
      expect((facts.params / 1e6).toFixed(digits)).toBe(millions.toFixed(digits));
    }
  });

  test("differ only in their sums: plain and residual ones have the same parameters", () => {
    const device = openMeta();
    const layout = (model: { stateDict(): ReadonlyMap<string, { readonly shape: readonly number[] }> }) =>
      [...model.stateDict()].map(([name, { shape }]) => [name, shape]);
    expect(layout(plain20_cifar({ device }))).toEqual(layout(resnet20_cifar({ device })));
  });

  test("take MNIST's images as they are", () => {
    const device = openMeta();
    expect(resnet20_cifar({ inChannels: 1, device }).forward(zeros([2, 1, 28, 28], { device })).shape).toEqual([2, 10]);
  });
});

describe("a block on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  const x = () => tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], { shape: [1, 1, 3, 3], device });
  // Its branch ends in 0, so that the output is the shortcut's.
  const run = (shortcut: "zero-padded" | "none", channels: number, stride: number) =>
    withDevice(device, () =>
      noGrad(() => new BasicBlock({ inChannels: 1, channels, stride, shortcut, zeroInitResidual: true }).eval().forward(x())),
    );

  test("with a zero-padded shortcut passes every second pixel, between channels of zeros", async () => {
    using _ = scope();
    const y = run("zero-padded", 4, 2);
    expect(y.shape).toEqual([1, 4, 2, 2]);
    // Three new channels: one in front, two behind.
    expect([...(await y.data())]).toEqual([0, 0, 0, 0, 1, 3, 7, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test("without a shortcut passes nothing", async () => {
    using _ = scope();
    expect([...(await run("none", 1, 1).data())]).toEqual(Array(9).fill(0));
  });
});
