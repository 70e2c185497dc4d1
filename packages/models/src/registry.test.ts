import { openMeta, summarize } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { createModel, findModel, listModels } from "./registry";

describe.each(listModels())("%s", (name) => {
  const device = openMeta();
  const { facts } = findModel(name);
  const model = createModel(name, { device });
  const summary = summarize(model, [1, ...facts.inputShape]);

  test("has the published number of parameters", () => {
    expect(summary.params).toBe(facts.params);
  });

  test("has the published multiply-accumulates, to the digits published", () => {
    const unit = facts.gigaMacs < 0.01 ? 1e-6 : 0.01;
    expect(Math.round(summary.macs / 1e9 / unit)).toBe(Math.round(facts.gigaMacs / unit));
  });

  test("gives one row of logits per image", () => {
    expect(summary.output).toEqual([1, facts.numClasses]);
  });

  test("adds up over its layers, but for auxiliary heads, which run in training alone", () => {
    const [, ...heads] = model.classifierNames().map((path) => path.split(".")[0]);
    const idle = model.namedParameters().filter(([path]) => heads.includes(path.split(".")[0]));
    const auxiliary = idle.reduce((sum, [, { elements }]) => sum + elements, 0);
    expect(summary.layers.reduce((sum, { params }) => sum + params, 0)).toBe(summary.params - auxiliary);
  });
});

test("an unknown name is answered with the nearest", () => {
  expect(() => createModel("resnet51")).toThrow(
    'createModel: model must be a known name, got "resnet51". Did you mean "resnet50"?',
  );
  expect(() => findModel("resnet51")).toThrow("findModel: model must be a known name");
});

test.each([
  ["resnet18", { num_classes: 10 }, 'resnet18: options must be known names, got "num_classes". Did you mean "numClasses"?'],
  ["densenet121", { numclasses: 10, memoryEficient: true }, 'Did you mean "numClasses", "memoryEfficient"?'],
  ["vgg11", { auxLogits: true }, 'vgg11: options must be known names, got "auxLogits". Known: numClasses, inChannels'],
])("%s answers %j with the nearest options", (name, options, message) => {
  expect(() => createModel(name, { ...options, device: openMeta() })).toThrow(message);
});

test("a model takes what leaves out things that it doesn't have, and options that are undefined", () => {
  const options = { auxLogits: false, stochasticDepth: 0, memoryEfficient: undefined, device: openMeta() };
  expect(() => listModels().map((name) => createModel(name, options))).not.toThrow();
});
