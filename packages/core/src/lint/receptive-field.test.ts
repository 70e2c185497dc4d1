import { describe, expect, test } from "vitest";
import { openMeta } from "../backends/meta";
import { withDevice } from "../device";
import { mean } from "../functional/mean";
import { Conv2d } from "../nn/layers/conv2d";
import { LocalResponseNorm } from "../nn/layers/local-response-norm";
import { AvgPool2d, MaxPool2d } from "../nn/layers/pooling";
import { Sequential } from "../nn/layers/sequential";
import type { Module } from "../nn/module";
import { mul } from "../ops/binary";
import { concat } from "../ops/concat";
import { receptiveFields } from "./receptive-field";
import { Net } from "./testing/found-in";

const conv = (kernel: number, stride = 1, padding = kernel >> 1) => new Conv2d(1, 1, { kernel, stride, padding });
const fields = (build: () => Module, side = 64) =>
  receptiveFields(
    withDevice(openMeta(), () => build()),
    [1, 1, side, side],
  );
const last = (layers: () => Module[], side?: number) => fields(() => new Sequential(layers()), side).get("");

describe("receptiveFields", () => {
  // Published for the last feature map: Araujo, Norris, Sim 2019, table 1 (AlexNet 195, VGG-16 212).
  test("of AlexNet's convolutions is 195 at stride 32", () => {
    const pool = () => new MaxPool2d({ kernel: 3, stride: 2 });
    const layers = () => [conv(11, 4, 2), pool(), conv(5), pool(), conv(3), conv(3), conv(3), pool()];
    expect(last(layers, 224)).toEqual({ size: [195, 195], stride: [32, 32] });
  });

  test("of VGG-16's convolutions is 212 at stride 32", () => {
    const layers = () =>
      [2, 2, 3, 3, 3].flatMap((depth) => [...Array.from({ length: depth }, () => conv(3)), new MaxPool2d({ kernel: 2 })]);
    expect(last(layers, 224)).toEqual({ size: [212, 212], stride: [32, 32] });
  });

  test("is kept by layer, for both axes by itself", () => {
    const model = () =>
      new Sequential({
        wide: new Conv2d(1, 1, { kernel: [1, 7], stride: [1, 2] }),
        dilated: new Conv2d(1, 1, { kernel: 3, dilation: 2 }),
      });
    expect([...fields(model)]).toEqual([
      ["wide", { size: [1, 7], stride: [1, 2] }],
      ["dilated", { size: [5, 15], stride: [1, 2] }],
      ["", { size: [5, 15], stride: [1, 2] }],
    ]);
  });

  test("of pooling with padding is that of a whole window", () => {
    expect(last(() => [new AvgPool2d({ kernel: 3, stride: 2, padding: 1 })], 4)).toEqual({ size: [3, 3], stride: [2, 2] });
  });

  test("of branches that meet is the largest", () => {
    const model = () =>
      new Net({ small: conv(3), large: conv(7) }, (x, { small, large }) => concat([small.forward(x), large.forward(x)], 1));
    expect(fields(model).get("")?.size).toEqual([7, 7]);
  });

  test("isn't widened by a norm over channels, which pools them laid out as rows", () => {
    const model = () => new Sequential({ conv: new Conv2d(1, 8, { kernel: 3 }), norm: new LocalResponseNorm(5) });
    expect(fields(model).get("norm")).toEqual({ size: [3, 3], stride: [1, 1] });
  });

  test("isn't widened by a factor made of the whole map", () => {
    const model = () =>
      new Net({ conv: conv(3), gate: conv(1) }, (x, { conv, gate }) => {
        const y = conv.forward(x);
        return mul(y, gate.forward(mean(y, { axes: [2, 3], keepDims: true })));
      });
    const found = fields(model, 8);
    expect(found.get("gate")?.size).toEqual([10, 10]);
    expect(found.get("")?.size).toEqual([3, 3]);
  });
});
