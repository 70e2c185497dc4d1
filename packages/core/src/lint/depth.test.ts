import { describe, expect, test } from "vitest";
import { openMeta } from "../backends/meta";
import { withDevice } from "../device";
import { ShapeError } from "../errors";
import { mean } from "../functional/mean";
import { ReLU } from "../nn/layers/activations";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import { Conv2d } from "../nn/layers/conv2d";
import { Linear } from "../nn/layers/linear";
import { Sequential } from "../nn/layers/sequential";
import type { Module } from "../nn/module";
import { add, mul } from "../ops/binary";
import { concat } from "../ops/concat";
import { matmul } from "../ops/matmul";
import { networkDepth } from "./depth";
import { Net } from "./testing/found-in";

const conv = (inChannels = 4) => new Conv2d(inChannels, 4, { kernel: 3, padding: 1 });
const depth = (build: () => Module<unknown>, shape: readonly number[] = [1, 4, 8, 8]) =>
  networkDepth(withDevice(openMeta(), build), shape);

describe("networkDepth", () => {
  test("counts convolutions and linear layers, and nothing between them", () => {
    const layers = () => [conv(), new BatchNorm2d(4), new ReLU({ inplace: true }), conv(), new Linear(8, 3)];
    expect(depth(() => new Sequential(layers()))).toBe(3);
  });

  test("of a residual block is that of its branch, not of its shortcut", () => {
    const layers = () => ({ shortcut: conv(), a: conv(), b: conv() });
    expect(depth(() => new Net(layers(), (x, { shortcut, a, b }) => add(b.forward(a.forward(x)), shortcut.forward(x))))).toBe(2);
  });

  test("of branches joined along the channels is the longest one's", () => {
    const layers = () => ({ a: conv(), b: conv(), c: conv(), last: conv(12) });
    const run = () =>
      new Net(layers(), (x, { a, b, c, last }) => {
        const [one, two] = [a.forward(x), b.forward(a.forward(x))];
        return last.forward(concat([one, two, c.forward(two)], 1));
      });
    expect(depth(run)).toBe(4);
  });

  test("counts the layers of a gate", () => {
    const layers = () => ({ body: conv(), squeeze: new Conv2d(4, 2, { kernel: 1 }), excite: new Conv2d(2, 4, { kernel: 1 }) });
    const run = () =>
      new Net(layers(), (x, { body, squeeze, excite }) => {
        const y = body.forward(x);
        return mul(y, excite.forward(squeeze.forward(mean(y, { axes: [2, 3], keepDims: true }))));
      });
    expect(depth(run)).toBe(3);
  });

  test("doesn't count products of two values, nor layers whose result is dropped", () => {
    const run = () =>
      new Net({ a: conv(), unused: conv() }, (x, { a, unused }) => {
        const y = a.forward(x);
        unused.forward(y);
        return matmul(y, y);
      });
    expect(depth(run)).toBe(1);
  });

  test("of a model that can't take the input is the model's own error", () => {
    expect(() => depth(() => new Sequential([conv(3)]))).toThrow(ShapeError);
  });
});
