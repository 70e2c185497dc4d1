import { describe, expect, test } from "vitest";
import { openMeta } from "./backends/meta";
import { withDevice } from "./device";
import { ReLU } from "./nn/layers/activations";
import { Conv2d } from "./nn/layers/conv2d";
import { Flatten } from "./nn/layers/flatten";
import { Linear } from "./nn/layers/linear";
import { Sequential } from "./nn/layers/sequential";
import { summarize } from "./summary";

const sees = (side: number) => ({ size: [side, side], stride: [1, 1] });
const network = () =>
  new Sequential({ conv: new Conv2d(3, 4, { kernel: 3 }), act: new ReLU(), flat: new Flatten(), fc: new Linear(64, 2) });

describe("summarize", () => {
  test("lists layers with output, parameters and multiply-accumulates", () => {
    const model = withDevice(openMeta(), network);
    expect(summarize(model, [1, 3, 6, 6], { name: "tiny" })).toEqual({
      model: "tiny",
      params: 112 + 130,
      macs: 16 * 4 * 27 + 128,
      input: [1, 3, 6, 6],
      output: [1, 2],
      layers: [
        {
          path: "conv",
          type: "Conv2d",
          output: [1, 4, 4, 4],
          params: 112,
          macs: 1728,
          activationBytes: 256,
          receptiveField: sees(3),
        },
        { path: "act", type: "ReLU", output: [1, 4, 4, 4], params: 0, macs: 0, activationBytes: 256, receptiveField: sees(3) },
        { path: "flat", type: "Flatten", output: [1, 64], params: 0, macs: 0, activationBytes: 256, receptiveField: null },
        { path: "fc", type: "Linear", output: [1, 2], params: 130, macs: 128, activationBytes: 8, receptiveField: null },
      ],
    });
  });

  test("counts a layer's parameters once, however often it is called", () => {
    const model = withDevice(openMeta(), () => {
      const conv = new Conv2d(2, 2, { kernel: 1 });
      return new Sequential([conv, conv]);
    });
    const summary = summarize(model, [1, 2, 3, 3]);
    expect(summary.params).toBe(6);
    expect(summary.layers.map(({ params, macs }) => [params, macs])).toEqual([
      [6, 36],
      [0, 36],
    ]);
  });

  test("has a row with its own receptive field for each call of a shared layer", () => {
    const model = withDevice(openMeta(), () => {
      const relu = new ReLU();
      const conv = () => new Conv2d(1, 1, { kernel: 3 });
      return new Sequential({ conv1: conv(), relu, conv2: conv(), again: relu });
    });
    const { layers } = summarize(model, [1, 1, 9, 9]);
    expect(layers.map(({ path, output, receptiveField }) => [path, output.at(-1), receptiveField])).toEqual([
      ["conv1", 7, sees(3)],
      ["relu", 7, sees(3)],
      ["conv2", 5, sees(5)],
      ["relu", 5, sees(5)],
    ]);
  });

  test("leaves the model in its mode, and on a meta device makes no initial values", () => {
    const device = openMeta();
    const model = withDevice(device, network);
    model.namedChildren()[0]![1].eval();
    summarize(model, [1, 3, 6, 6]);
    expect(model.isTraining).toBe(true);
    expect(model.namedChildren()[0]![1].isTraining).toBe(false);
  });

  test("an input that doesn't fit names the layer", () => {
    expect(() => summarize(withDevice(openMeta(), network), [1, 3, 7, 7])).toThrow(
      "fc: linear: x's last axis must be inFeatures = 64",
    );
  });
});
