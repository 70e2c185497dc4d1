import { cpu } from "@vertebra/backend-cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noGrad } from "../autograd";
import type { Device } from "../backend";
import { withDevice } from "../device";
import { checkLeaks } from "../leaks";
import { Scope } from "../scope";
import { type Tensor, tensor } from "../tensor";
import { ReLU } from "./layers/activations";
import { BatchNorm2d } from "./layers/batch-norm";
import { Conv2d } from "./layers/conv2d";
import { Sequential } from "./layers/sequential";

let device: Device;
beforeAll(async () => {
  device = await cpu({ threads: 1 }).open();
});
afterAll(() => device.close());

const run = async (layer: { forward(x: Tensor): Tensor }, x: Tensor): Promise<number[]> => {
  const scope = new Scope(undefined);
  try {
    return Array.from(await scope.run(() => noGrad(() => layer.forward(x))).data());
  } finally {
    scope.end();
  }
};

describe("what a norm is folded into", () => {
  it("is made once, anew after a weight or statistic was overwritten, and freed with the module", async () => {
    const norm = withDevice(device, () => new BatchNorm2d(2, { eps: 0 })).eval();
    const x = tensor([1, 2, 3, 4], { shape: [1, 2, 1, 2], device });
    expect(await run(norm, x)).toEqual([1, 2, 3, 4]);
    const held = device.memory().buffers;
    const first = norm.folded();
    expect(norm.folded().scale).toBe(first.scale);
    norm.running_mean?.write([1, 3]);
    expect(await run(norm, x)).toEqual([0, 1, 0, 1]);
    norm.weight?.write([2, 10]);
    expect(await run(norm, x)).toEqual([0, 2, 0, 10]);
    expect(device.memory().buffers).toBe(held);
    norm.dispose();
    x.dispose();
    // Weight, bias, mean, variance, scale, shift and x; nobody has asked for the count.
    expect(held - device.memory().buffers).toBe(7);
  });

  it("belongs to no scope and is no leak", async () => {
    const { conv, layers } = withDevice(device, () => {
      const made = new Conv2d(1, 1, { kernel: 1 });
      return { conv: made, layers: new Sequential([made, new BatchNorm2d(1, { eps: 0 }), new ReLU()]).eval() };
    });
    const x = tensor([-1, 2], { shape: [1, 1, 1, 2], device });
    conv.weight.write([3]);
    conv.bias?.write([1]);
    expect(await checkLeaks(() => run(layers, x))).toEqual([0, 7]);
    expect(await run(layers, x)).toEqual([0, 7]);
    conv.bias?.write([2]);
    expect(await run(layers, x)).toEqual([0, 8]);
    layers.dispose();
    x.dispose();
  });
});
