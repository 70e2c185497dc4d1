import { describe, expect, test } from "vitest";
import { ReLU } from "../../nn/layers/activations";
import { BatchNorm2d } from "../../nn/layers/batch-norm";
import { Conv2d } from "../../nn/layers/conv2d";
import { Dropout } from "../../nn/layers/dropout";
import { Flatten } from "../../nn/layers/flatten";
import { Linear } from "../../nn/layers/linear";
import { AvgPool2d, MaxPool2d } from "../../nn/layers/pooling";
import { Sequential } from "../../nn/layers/sequential";
import type { Module } from "../../nn/module";
import { foundIn } from "../testing/found-in";

const conv = (from: number, to: number, groups = 1) => new Conv2d(from, to, { kernel: 3, padding: 1, groups });
const found = (layers: () => Module[], shape: readonly number[]) =>
  foundIn(() => new Sequential(layers()), shape, "missing-activation").map(({ path, severity }) => [path, severity]);

/** Normalises by the batch at evaluation too, which is not linear. */
const ownNorm = () => new BatchNorm2d(4, { trackRunningStats: false });

const MAP = [1, 4, 8, 8];

describe("missing-activation", () => {
  test("two linear layers in a row are found at the first", () => {
    const model = () => new Sequential({ fc1: new Linear(8, 6), fc2: new Linear(6, 4) });
    expect(foundIn(model, [1, 8], "missing-activation")).toMatchObject([
      { path: "fc1", severity: "warning", message: "goes straight into fc2: no activation between" },
    ]);
  });

  test("says where batch norm alone is between", () => {
    const model = () => new Sequential({ conv1: conv(4, 4), norm: new BatchNorm2d(4), conv2: conv(4, 4) });
    expect(foundIn(model, MAP, "missing-activation")).toMatchObject([
      { path: "conv1", message: "goes through batch norm alone into conv2: no activation between" },
    ]);
  });

  test.each<{ name: string; layers: () => Module[]; shape: number[] }>([
    { name: "dropout", layers: () => [new Linear(8, 6), new Dropout(), new Linear(6, 4)], shape: [1, 8] },
    { name: "average pooling", layers: () => [conv(4, 4), new AvgPool2d({ kernel: 2 }), conv(4, 4)], shape: MAP },
    { name: "batch norm, linear at evaluation,", layers: () => [conv(4, 4), new BatchNorm2d(4), conv(4, 4)], shape: MAP },
    { name: "flatten", layers: () => [conv(4, 4), new Flatten(), new Linear(256, 4)], shape: MAP },
  ])("$name between them changes nothing", ({ layers, shape }) => {
    expect(found(layers, shape)).toEqual([["0", "warning"]]);
  });

  test.each<{ name: string; layers: () => Module[]; shape: number[] }>([
    { name: "an activation", layers: () => [new Linear(8, 6), new ReLU(), new Linear(6, 4)], shape: [1, 8] },
    { name: "max pooling", layers: () => [conv(4, 4), new MaxPool2d({ kernel: 2 }), conv(4, 4)], shape: MAP },
    { name: "a norm without running statistics", layers: () => [conv(4, 4), ownNorm(), conv(4, 4)], shape: MAP },
    { name: "a linear bottleneck", layers: () => [conv(8, 4), new BatchNorm2d(4), conv(4, 8)], shape: [1, 8, 8, 8] },
    { name: "a separable convolution's halves", layers: () => [conv(4, 4, 4), conv(4, 8)], shape: MAP },
  ])("$name is no finding", ({ layers, shape }) => {
    expect(found(layers, shape)).toEqual([]);
  });

  test("a factorisation through few features is a note", () => {
    expect(found(() => [new Linear(64, 4), new Linear(4, 64)], [1, 64])).toEqual([["0", "note"]]);
  });
});
