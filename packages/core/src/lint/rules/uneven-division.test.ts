import { describe, expect, test } from "vitest";
import { adaptiveAvgPool2d } from "../../functional/adaptivePool2d";
import { maxPool2d } from "../../functional/maxPool2d";
import { Conv2d } from "../../nn/layers/conv2d";
import { AvgPool2d, MaxPool2d } from "../../nn/layers/pooling";
import { Sequential } from "../../nn/layers/sequential";
import type { Module } from "../../nn/module";
import { concat } from "../../ops/concat";
import { relu } from "../../ops/unary";
import { foundIn, Net } from "../testing/found-in";

const only = (layer: () => Module) => () => new Sequential({ layer: layer() });
const conv = (options: ConstructorParameters<typeof Conv2d>[2]) => only(() => new Conv2d(3, 4, options));
const pool = (options: ConstructorParameters<typeof MaxPool2d>[0]) => only(() => new MaxPool2d(options));

describe("uneven-division", () => {
  test("a pooling that loses a seventh of the map is a warning", () => {
    expect(foundIn(pool({ kernel: 2 }), [1, 3, 7, 8], "uneven-division")).toMatchObject([
      {
        path: "layer",
        severity: "warning",
        message: "the pooling leaves out 1 row of a 7×8 map: 2×2 windows at stride 2 don't divide it",
      },
    ]);
  });

  test("one that loses a thirteenth is a note", () => {
    expect(foundIn(pool({ kernel: 2 }), [1, 3, 13, 13], "uneven-division")).toMatchObject([
      { severity: "note", message: expect.stringContaining("1 row and 1 column of a 13×13 map") },
    ]);
  });

  test("a pooling that is no layer is placed by the layer before it", () => {
    const model = () =>
      new Net({ conv: new Conv2d(3, 4, { kernel: 3 }) }, (x, { conv }) => maxPool2d(relu(conv.forward(x)), { kernel: 2 }));
    expect(foundIn(model, [1, 3, 9, 9], "uneven-division")).toMatchObject([
      { path: "", message: expect.stringMatching(/^the pooling after conv leaves out/) },
    ]);
  });

  test("convolutions lose the end of the map in the same way", () => {
    // Windows 0–10, 4–14, … 216–226 of 229 rows.
    const findings = foundIn(conv({ kernel: 11, stride: 4 }), [1, 3, 229, 227], "uneven-division");
    expect(findings).toMatchObject([
      { severity: "note", message: expect.stringContaining("leaves out 2 rows of a 229×227 map") },
    ]);
  });

  test.each([
    { name: "a size that divides", model: pool({ kernel: 2 }), side: 8 },
    { name: "ceilMode", model: pool({ kernel: 2, ceilMode: true }), side: 7 },
    { name: "padding that takes the loss", model: conv({ kernel: 7, stride: 2, padding: 3 }), side: 224 },
    { name: "strides that skip by design", model: conv({ kernel: 1, stride: 2 }), side: 8 },
    { name: "average pooling that divides", model: only(() => new AvgPool2d({ kernel: 3, stride: 2 })), side: 7 },
    { name: "adaptive pooling", model: () => new Net({}, (x) => adaptiveAvgPool2d(x, 3)), side: 7 },
  ])("$name loses nothing", ({ model, side }) => {
    expect(foundIn(model, [1, 3, side, side], "uneven-division")).toEqual([]);
  });

  test("what another branch reads isn't lost", () => {
    const model = () =>
      new Net({}, (x) => {
        const y = relu(x);
        return concat([maxPool2d(y, { kernel: 2 }), maxPool2d(y, { kernel: 3, stride: 2, ceilMode: true })], 1);
      });
    expect(foundIn(model, [1, 3, 7, 7], "uneven-division")).toEqual([]);
  });
});
