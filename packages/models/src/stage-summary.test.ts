import { Conv2d, openMeta, Sequential, summarize, withDevice } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { findModel, listModels } from "./registry";
import { resnet50 } from "./resnet";
import { summarizeStages } from "./stage-summary";

const device = openMeta();

describe("summarizeStages", () => {
  test("adds up ResNet-50 as table 1 of the paper does", () => {
    const model = resnet50({ device });
    const stages = summarizeStages(model, summarize(model, [1, 3, 224, 224]));
    expect(stages.map(({ name }) => name)).toEqual(["stem", "layer1", "layer2", "layer3", "layer4", "head"]);
    expect(stages.map(({ output }) => output.slice(1))).toEqual([
      [64, 112, 112],
      [256, 56, 56],
      [512, 28, 28],
      [1024, 14, 14],
      [2048, 7, 7],
      [1000],
    ]);
    expect(stages.at(-1)).toMatchObject({ params: 2048 * 1000 + 1000, macs: 2048 * 1000 });
  });

  test("gives the map that a stage ends in, where branches meet or a pool opens the next stage", () => {
    const outputs = (name: string) => {
      const model = findModel(name)({ device });
      return summarizeStages(model, summarize(model, [1, 3, 224, 224])).map(({ output }) => output.slice(1).join("×"));
    };
    // Szegedy et al. 2015, table 1.
    expect(outputs("googlenet").slice(0, -1)).toEqual(["64×112×112", "192×56×56", "480×28×28", "832×14×14", "1024×7×7"]);
    // Huang et al. 2017, table 1: each block's layers of k = 32 on top of half the channels before.
    expect(outputs("densenet121").slice(1, -1)).toEqual(["256×56×56", "512×28×28", "1024×14×14", "1024×7×7"]);
    expect(outputs("alexnet_2012").slice(0, 2)).toEqual(["96×55×55", "256×27×27"]);
  });

  test.each(listModels())("has the stages of %s and a head", (name) => {
    const { facts } = findModel(name);
    const model = findModel(name)({ device });
    const stages = summarizeStages(model, summarize(model, [1, ...facts.inputShape]));
    expect(stages.map(({ name }) => name)).toEqual([...model.stages().map(({ name }) => name), "head"]);
  });

  test.each(listModels())("leaves nothing of %s out", (name) => {
    const { facts } = findModel(name);
    const model = findModel(name)({ device });
    const summary = summarize(model, [1, ...facts.inputShape]);
    const total = (rows: readonly { readonly params: number; readonly macs: number }[]) => [
      rows.reduce((sum, { params }) => sum + params, 0),
      rows.reduce((sum, { macs }) => sum + macs, 0),
    ];
    // Layers that ran: auxiliary heads don't.
    expect(total(summarizeStages(model, summary))).toEqual(total(summary.layers));
  });

  test("adds up other modules by child", () => {
    const block = withDevice(device, () => {
      const conv = () => new Conv2d(2, 2, { kernel: 3, padding: 1 });
      return new Sequential({ a: new Sequential([conv(), conv()]), b: conv() });
    });
    const stages = summarizeStages(block, summarize(block, [1, 2, 8, 8]));
    expect(stages.map(({ name, params }) => [name, params])).toEqual([
      ["a", 76],
      ["b", 38],
    ]);
  });
});
