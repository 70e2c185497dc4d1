import { openMeta, summarize } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { createModel, findModel, listModels } from "./registry";

describe.each(listModels())("%s", (name) => {
  const device = openMeta();
  const { facts } = findModel(name);
  const summary = summarize(createModel(name, { device }), [1, ...facts.inputShape]);

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

  test("adds up over its layers", () => {
    expect(summary.layers.reduce((sum, { params }) => sum + params, 0)).toBe(summary.params);
  });
});

test("an unknown name is answered with the nearest", () => {
  expect(() => createModel("resnet51")).toThrow(
    'createModel: model must be a known name, got "resnet51". Did you mean "resnet50"?',
  );
});
