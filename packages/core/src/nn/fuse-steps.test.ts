import { cpu } from "@vertebra/backend-cpu";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noGrad } from "../autograd";
import type { Device } from "../backend";
import { setDevice } from "../device";
import { ones } from "../functional/creation";
import { withFusion } from "../fusion";
import { observe } from "../observe";
import { scope } from "../scope";
import { type Tensor, tensor } from "../tensor";
import { LeakyReLU, ReLU, ReLU6, SiLU } from "./layers/activations";
import { BatchNorm2d } from "./layers/batch-norm";
import { Conv2d } from "./layers/conv2d";
import { Sequential } from "./layers/sequential";
import type { Module } from "./module";

let device: Device;
beforeAll(async () => {
  device = await cpu({ threads: 1 }).open();
  setDevice(device);
});
afterAll(() => device.close());

/** The layers at evaluation, folded and run once before. */
const evaluated = (...layers: Module[]): Sequential => {
  const made = new Sequential(layers).eval();
  noGrad(() => made.forward(ones([1, 2, 2, 2])));
  return made;
};

/** Ops that `fn` runs, each with its layer, in order. */
function callsOf(fn: () => Tensor): string[] {
  const calls: string[] = [];
  observe(({ op, layer }) => calls.push(`${layer} ${op}`), fn);
  return calls;
}

describe("a norm and its activation", () => {
  const image = () => ones([1, 2, 2, 2]);

  it("run as one kernel at evaluation without gradients, and only then", () => {
    using _ = scope();
    const layers = evaluated(new BatchNorm2d(2), new ReLU());
    const forward = () => layers.forward(image());
    const calls = (fn: () => Tensor) => callsOf(fn).filter((call) => !call.endsWith("fill"));
    expect(calls(() => noGrad(forward))).toEqual(["0 scaleShiftFused"]);
    expect(calls(() => withFusion(false, () => noGrad(forward)))).toEqual(["0 scaleShift", "1 relu"]);
    expect(calls(forward)).not.toContain("0 scaleShiftFused");
    expect(calls(forward)).toContain("1 relu");
    layers.train();
    expect(calls(() => noGrad(forward))).toEqual(expect.arrayContaining(["0 batchNormTrain", "1 relu"]));
  });

  it("are not joined where the norm has no statistics, the activation no kernel, or the norm another class", () => {
    using _ = scope();
    class Other extends BatchNorm2d {}
    const callsFor = (...layers: Module[]) => {
      const made = evaluated(...layers);
      return callsOf(() => noGrad(() => made.forward(image())));
    };
    expect(callsFor(new BatchNorm2d(2, { trackRunningStats: false }), new ReLU())).toContain("1 relu");
    expect(callsFor(new BatchNorm2d(2), new LeakyReLU())).toContain("1 leakyRelu");
    expect(callsFor(new Other(2), new ReLU())).toContain("1 relu");
    expect(callsFor(new ReLU(), new BatchNorm2d(2))).toEqual(expect.arrayContaining(["0 relu", "1 scaleShift"]));
  });

  it("leave the norm to a convolution in front, and take it where that cannot", () => {
    using _ = scope();
    const calls = (paddingMode: "zeros" | "reflect") => {
      const conv = new Conv2d(2, 2, { kernel: 1, padding: 1, paddingMode });
      const layers = evaluated(new BatchNorm2d(2), new SiLU(), conv, new BatchNorm2d(2), new ReLU6());
      return callsOf(() => noGrad(() => layers.forward(image()))).filter((call) => /fused$|conv2d$/i.test(call));
    };
    expect(calls("zeros")).toEqual(["0 scaleShiftFused", "2 conv2dFused"]);
    expect(calls("reflect")).toEqual(["0 scaleShiftFused", "2 conv2d", "3 scaleShiftFused"]);
  });

  it("give what each gives by itself", async () => {
    using _ = scope();
    for (const activation of [new ReLU(), new ReLU6(), new SiLU()]) {
      const norm = new BatchNorm2d(2, { eps: 0 });
      const layers = evaluated(norm, activation);
      norm.running_mean?.write([1, -2]);
      norm.weight?.write([2, 5]);
      const x = tensor([-1, 0, 1, 3, -4, -1, 0, 2], { shape: [1, 2, 2, 2] });
      const fused = await noGrad(() => layers.forward(x)).data();
      const alone = await noGrad(() => activation.forward(norm.forward(x))).data();
      for (const [i, value] of fused.entries()) expect(value).toBeCloseTo(alone[i] as number, 5);
    }
  });

  it("refuse what the norm alone refuses, in its words", () => {
    using _ = scope();
    const layers = new Sequential([new BatchNorm2d(3), new ReLU()]).eval();
    const run = (...shape: number[]) => {
      const messages = [true, false].map((fusion) => {
        try {
          withFusion(fusion, () => noGrad(() => layers.forward(ones(shape))));
          return "nothing";
        } catch (error) {
          return (error as Error).message;
        }
      });
      expect(messages[0]).toBe(messages[1]);
      return messages[0];
    };
    expect(run(1, 2, 2, 2)).toMatch(/^0: scaleShift: scale must be \[C\] = \[2\]/);
    expect(run(1, 3, 2)).toMatch(/^0: batchNorm: x must be/);
  });
});

it("a norm of other channels than the convolution's is an error", () => {
  using _ = scope();
  const layers = new Sequential([new Conv2d(2, 4, { kernel: 1, bias: false }), new BatchNorm2d(3), new ReLU()]).eval();
  expect(() => noGrad(() => layers.forward(ones([1, 2, 2, 2])))).toThrow("1: scaleShift: scale must be [C] = [4]");
});
