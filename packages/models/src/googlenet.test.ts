import { cpu } from "@vertebra/backend-cpu";
import {
  copyInto,
  crossEntropy,
  type Device,
  noGrad,
  openMeta,
  scope,
  seedInit,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GoogLeNetOptions, googlenet, googlenet_2014 } from "./googlenet";

describe.each([
  ["googlenet", googlenet],
  ["googlenet_2014", googlenet_2014],
] as const)("%s", (_name, make) => {
  const device = openMeta();
  const x = () => zeros([2, 3, 64, 64], { device });

  test("gives the logits of both auxiliary classifiers in training, and none at evaluation", () => {
    using _ = scope();
    const model = make({ device, numClasses: 5 });
    expect(model.forwardAux(x()).aux.map(({ shape }) => shape)).toEqual([
      [2, 5],
      [2, 5],
    ]);
    expect(model.eval().forwardAux(x()).aux).toEqual([]);
  });

  test("gives new classes to the auxiliary classifiers too", () => {
    using _ = scope();
    const model = make({ device }).resetClassifier(7);
    const { logits, aux } = model.forwardAux(x());
    expect([logits, ...aux].map(({ shape }) => shape[1])).toEqual([7, 7, 7]);
  });

  test("has no auxiliary classifiers without the top or where they aren't wanted", () => {
    using _ = scope();
    for (const options of [{ includeTop: false }, { auxLogits: false }]) {
      const model = make({ device, ...options });
      expect([...model.stateDict().keys()].filter((key) => key.startsWith("aux"))).toEqual([]);
      expect(model.forwardAux(x()).aux).toEqual([]);
    }
  });

  test("drops nothing in its auxiliary classifiers where dropout is 0", () => {
    const rates = (options: GoogLeNetOptions) => make({ device, ...options }).aux2?.dropout.p;
    expect([rates({}), rates({ dropout: 0 }), rates({ dropout: 0, auxDropout: 0.5 })]).toEqual([0.7, 0, 0.5]);
  });
});

test("torchvision's table counts 6,624,904 parameters, its constructor the auxiliary classifiers' too", () => {
  const count = (options: GoogLeNetOptions) =>
    googlenet({ device: openMeta(), ...options })
      .parameters()
      .reduce((sum, { elements }) => sum + elements, 0);
  expect([count({ auxLogits: false }), count({})]).toEqual([6_624_904, 13_004_888]);
});

test("the paper's form has biases, no batch norm, and 5×5 kernels where torchvision's has 3×3", () => {
  const [paper, port] = [googlenet_2014, googlenet].map((make) => make({ device: openMeta() }).stateDict());
  expect([...paper!.keys()].slice(0, 2)).toEqual(["conv1.weight", "conv1.bias"]);
  expect([...paper!.keys()].filter((key) => key.includes("running"))).toEqual([]);
  expect(paper!.get("inception3a.branch3.1.weight")?.shape).toEqual([32, 16, 5, 5]);
  expect(port!.get("inception3a.branch3.1.conv.weight")?.shape).toEqual([32, 16, 3, 3]);
});

test("transformInput is refused for images that aren't ImageNet's", () => {
  expect(() => googlenet({ device: openMeta(), transformInput: true, inChannels: 1 })).toThrow(
    "transformInput: inChannels must be 3, ImageNet's, got 1",
  );
});

describe("on cpu", () => {
  let device: Device;
  beforeAll(async () => {
    device = await cpu().open();
  });
  afterAll(() => device.close());

  const SHAPE = [2, 3, 40, 40] as const;
  const image = (change = (value: number, _channel: number) => value): Tensor => {
    const plane = SHAPE[2] * SHAPE[3];
    const values = Float32Array.from({ length: 2 * 3 * plane }, (_, i) => change(Math.sin(i), Math.floor(i / plane) % 3));
    return tensor(values, { shape: SHAPE, device });
  };

  test("aux1 comes first: with its last layer at zero the first auxiliary logits are zero", async () => {
    using _ = scope();
    using model = googlenet({ device, numClasses: 4 });
    for (const value of model.aux1?.fc2.parameters() ?? []) noGrad(() => copyInto(value, zeros(value.shape, { device })));
    const [first, second] = model.forwardAux(image()).aux as [Tensor, Tensor];
    expect([...(await first.data())].every((value) => value === 0)).toBe(true);
    expect([...(await second.data())].some((value) => value === 0)).toBe(false);
  });

  test.each([
    ["googlenet", googlenet],
    ["googlenet_2014", googlenet_2014],
  ] as const)("%s has the same loss and gradients under checkpointing", async (_name, make) => {
    const run = async (checkpointing: boolean) => {
      using _ = scope();
      seedInit(0);
      using model = make({ device, numClasses: 4, dropout: 0, checkpointing });
      const target = tensor([1, 3], { dtype: "i32", device });
      const loss = () => model.trainingLoss(image(), (logits) => crossEntropy(logits, target)).loss;
      const { value, grads } = valueAndGrad(model, loss);
      const wanted = [model.conv1, model.aux1!.conv, model.aux2!.conv].map((conv) => conv.parameters()[0]!);
      return { loss: await value.item(), grads: await Promise.all(wanted.map((weight) => grads.get(weight)!.data())) };
    };
    const [plain, recomputed] = [await run(false), await run(true)];
    expect(recomputed.loss).toBe(plain.loss);
    // Gradients of a map that two heads read are added in another order: that is rounding.
    for (const [i, expected] of plain.grads.entries()) {
      expect(relativeError(recomputed.grads[i]!, expected)).toBeLessThan(2e-5);
      expect(Math.max(...expected)).toBeGreaterThan(0);
    }
  });

  test("transformInput takes ImageNet's normalisation to [−1, 1]", async () => {
    using _ = scope();
    seedInit(0);
    using transforming = googlenet({ device, numClasses: 4, transformInput: true }).eval();
    seedInit(0);
    using plain = googlenet({ device, numClasses: 4 }).eval();
    // Pixels from 0 to 1, normalised either way.
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ];
    const imageNet = image((value, channel) => ((value + 1) / 2 - mean[channel]!) / std[channel]!);
    const maps = await noGrad(() => transforming.features({ stages: ["conv1"] }).forward(imageNet)[0]!).data();
    const expected = await noGrad(() => plain.features({ stages: ["conv1"] }).forward(image())[0]!).data();
    expect(relativeError(maps, expected)).toBeLessThan(1e-5);
  });

  test("starts as torchvision's: weights of all convolutions and linear layers with std 0.01", async () => {
    using model = googlenet({ device });
    for (const layer of [model.inception3b.branch3, model.aux1!.fc1, model.fc!]) {
      const values = await layer.parameters()[0]!.data();
      const squares = Array.from(values, (value) => value * value).reduce((sum, square) => sum + square);
      expect(Math.sqrt(squares / values.length)).toBeCloseTo(0.01, 3);
    }
  });
});

/** The largest difference, by the largest expected value. */
function relativeError(ours: ArrayLike<number>, expected: ArrayLike<number>): number {
  const differences = Array.from(ours, (value, i) => Math.abs(value - expected[i]!));
  return Math.max(...differences) / Math.max(...Array.from(expected, Math.abs));
}
