import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { noGrad } from "../../autograd";
import { openMeta } from "../../backends/meta";
import { setDevice, withDevice } from "../../device";
import { zeros } from "../../functional/creation";
import { Philox } from "../../random";
import { scope } from "../../scope";
import { tensor } from "../../tensor";
import type { Module } from "../module";
import {
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  LeakyReLU,
  Mish,
  ReLU,
  ReLU6,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./activations";
import { BatchNorm2d } from "./batch-norm";
import { ConvNormAct } from "./conv-norm-act";
import { Conv2d } from "./conv2d";
import { Dropout, StochasticDepth } from "./dropout";
import { Flatten } from "./flatten";
import { Identity } from "./identity";
import { Linear } from "./linear";
import { LocalResponseNorm } from "./local-response-norm";
import { AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d } from "./pooling";
import { Sequential } from "./sequential";

setDevice(openReference());

/** str(module) of PyTorch 1.13.1 and torchvision 0.14.1 for modules of the same options. */
const PRINTED: readonly (readonly [printed: string, make: () => Module])[] = [
  [
    "Conv2d(4, 8, kernel_size=(3, 5), stride=(2, 2), padding=(1, 2), dilation=(1, 2), groups=2, bias=False)",
    () => new Conv2d(4, 8, { kernel: [3, 5], stride: 2, padding: [1, 2], dilation: [1, 2], groups: 2, bias: false }),
  ],
  [
    "Conv2d(3, 6, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), padding_mode=reflect)",
    () => new Conv2d(3, 6, { kernel: 3, padding: 1, paddingMode: "reflect" }),
  ],
  ["BatchNorm2d(64, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)", () => new BatchNorm2d(64)],
  [
    "BatchNorm2d(4, eps=1.001e-05, momentum=None, affine=False, track_running_stats=True)",
    () => new BatchNorm2d(4, { eps: 1.001e-5, momentum: null, affine: false }),
  ],
  [
    "BatchNorm2d(3, eps=0.001, momentum=0.01, affine=True, track_running_stats=False)",
    () => new BatchNorm2d(3, { eps: 1e-3, momentum: 0.01, trackRunningStats: false }),
  ],
  ["LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=2.0)", () => new LocalResponseNorm(5, { k: 2 })],
  [
    "MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=True)",
    () => new MaxPool2d({ kernel: 3, stride: 2, padding: 1, ceilMode: true }),
  ],
  [
    "MaxPool2d(kernel_size=(3, 2), stride=(3, 2), padding=0, dilation=1, ceil_mode=False)",
    () => new MaxPool2d({ kernel: [3, 2] }),
  ],
  ["AvgPool2d(kernel_size=2, stride=2, padding=0)", () => new AvgPool2d({ kernel: 2 })],
  ["AvgPool2d(kernel_size=(3, 3), stride=1, padding=1)", () => new AvgPool2d({ kernel: [3, 3], stride: 1, padding: 1 })],
  ["AdaptiveAvgPool2d(output_size=(None, 7))", () => new AdaptiveAvgPool2d([null, 7])],
  ["AdaptiveMaxPool2d(output_size=1)", () => new AdaptiveMaxPool2d(1)],
  ["ReLU()", () => new ReLU()],
  ["ReLU(inplace=True)", () => new ReLU({ inplace: true })],
  ["ReLU6(inplace=True)", () => new ReLU6({ inplace: true })],
  ["LeakyReLU(negative_slope=0.2, inplace=True)", () => new LeakyReLU({ negativeSlope: 0.2, inplace: true })],
  ["ELU(alpha=1.0)", () => new ELU()],
  ["SiLU()", () => new SiLU()],
  ["Mish()", () => new Mish()],
  ["GELU(approximate='none')", () => new GELU()],
  ["GELU(approximate='tanh')", () => new GELU({ approximate: "tanh" })],
  ["Hardswish()", () => new Hardswish()],
  ["Hardsigmoid()", () => new Hardsigmoid()],
  ["Sigmoid()", () => new Sigmoid()],
  ["Tanh()", () => new Tanh()],
  ["Softplus(beta=1, threshold=20)", () => new Softplus()],
  ["Softmax(dim=1)", () => new Softmax(1)],
  ["Dropout(p=0.2, inplace=False)", () => new Dropout(0.2)],
  ["StochasticDepth(p=0.1, mode=row)", () => new StochasticDepth(0.1)],
  ["Flatten(start_dim=1, end_dim=-1)", () => new Flatten()],
  ["Identity()", () => new Identity()],
  ["Linear(in_features=3, out_features=4, bias=False)", () => new Linear(3, 4, { bias: false })],
  ["Sequential()", () => new Sequential([])],
  [
    [
      "Conv2dNormActivation(",
      "  (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)",
      "  (1): BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)",
      "  (2): ReLU(inplace=True)",
      ")",
    ].join("\n"),
    () => new ConvNormAct(3, 8, { kernel: 3, stride: 2 }),
  ],
];

describe("layers print as PyTorch's", () => {
  test.each(PRINTED)("%s", (printed, make) => {
    expect(String(make())).toBe(printed);
  });

  test.each(PRINTED.filter(([printed]) => !/^(Linear|Conv|Batch|Sequential|Local)/.test(printed)))(
    "%s runs on a map",
    (_, make) => {
      const device = openMeta();
      const y = withDevice(device, () => make().forward(zeros([2, 4, 8, 8], { device })));
      expect(y.shape[0]).toBe(2);
    },
  );
});

describe("BatchNorm2d", () => {
  const batch = (seed: number) => tensor(new Philox(seed).normalArray(24), { shape: [2, 3, 2, 2] });

  test("counts the batches it was trained on", async () => {
    using _ = scope();
    using norm = new BatchNorm2d(3);
    norm.forward(batch(1));
    norm.forward(batch(2));
    norm.eval().forward(batch(3));
    expect(await norm.num_batches_tracked!.item()).toBe(2);
  });

  test("without a momentum averages all batches alike", async () => {
    using _ = scope();
    using norm = new BatchNorm2d(3, { momentum: null });
    for (const seed of [1, 2, 3]) norm.forward(batch(seed));
    const means = await Promise.all(
      [1, 2, 3].map((seed) =>
        batch(seed)
          .mean({ axes: [0, 2, 3] })
          .data(),
      ),
    );
    for (const [c, mean] of (await norm.running_mean!.data()).entries()) {
      expect(mean).toBeCloseTo(means.reduce((sum, values) => sum + values[c]!, 0) / 3, 12);
    }
  });

  test("without running statistics uses the batch's at evaluation too", async () => {
    using _ = scope();
    using norm = new BatchNorm2d(3, { trackRunningStats: false });
    const [trained, evaluated] = [norm.forward(batch(1)), norm.eval().forward(batch(1))];
    expect(await evaluated.data()).toEqual(await trained.data());
  });

  test("learns nothing from an empty batch", async () => {
    using _ = scope();
    using norm = new BatchNorm2d(3);
    expect(norm.forward(zeros([0, 3, 2, 2])).shape).toEqual([0, 3, 2, 2]);
    expect([...(await norm.running_var!.data())]).toEqual([1, 1, 1]);
  });

  test("has PyTorch's state dict", () => {
    using norm = new BatchNorm2d(3);
    expect([...norm.stateDict().keys()]).toEqual(["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
  });
});

describe("Conv2d", () => {
  test("mirrors the border where asked to", async () => {
    using _ = scope();
    using conv = new Conv2d(1, 1, {
      kernel: 3,
      padding: 1,
      paddingMode: "reflect",
      bias: false,
      weightInit: () => new Float32Array(9).fill(1),
    });
    // [[1, 2], [3, 4]] reflected: rows 3 4 3 · 1 2 1 … around each value.
    const y = noGrad(() => conv.forward(tensor([1, 2, 3, 4], { shape: [1, 1, 2, 2] })));
    expect([...(await y.data())]).toEqual([27, 24, 21, 18]);
  });

  test("channels that groups don't divide are an error", () => {
    expect(() => new Conv2d(4, 6, { kernel: 1, groups: 4 })).toThrow(
      "Conv2d: inChannels and outChannels must be divisible by groups = 4, got 4 and 6",
    );
  });
});
