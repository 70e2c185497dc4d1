import { openMeta, withDevice } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { BLOCKS } from "./block-registry";
import { createModel } from "./registry";

describe("a value that an option can't have is refused", () => {
  const device = openMeta();

  test.each([
    ["resnet50", { version: "3" }, 'resnet50: version must be one of "1", "1.5", "2", got "3"'],
    ["resnet50", { version: 1 }, "version must be one of"],
    ["resnet50", { includeTop: "no" }, 'includeTop must be true or false, got "no"'],
    ["resnet50", { shortcut: "identity" }, "shortcut must be one of"],
    ["resnet50", { numClasses: 0 }, "numClasses must be an integer ≥ 1, got 0"],
    ["resnet50", { inChannels: "x" }, "inChannels must be an integer ≥ 1"],
    ["efficientnet_b0", { stochasticDepth: 2 }, "stochasticDepth must be a number from 0 to 1, got 2"],
    ["densenet121", { dropout: -1 }, "dropout must be a number from 0 to 1"],
  ])("%s %j", (name, options, message) => {
    expect(() => createModel(name, { ...options, device } as object)).toThrow(message);
  });

  test("in blocks too", () => {
    const build = (blocks: number) => () =>
      withDevice(device, () => BLOCKS.kerasResNeXtStack({ inChannels: 8, filters: 32, blocks }));
    expect(build(-5)).toThrow("blocks must be an integer ≥ 0, got -5");
    expect(build(0)).not.toThrow();
    const none = () => withDevice(device, () => BLOCKS.resnetBlock({ inChannels: 8, outChannels: 8, blocks: 0, first: true }));
    expect(none).toThrow("blocks must be at least 1, got 0");
  });

  test("in a new classifier", () => {
    const model = createModel("lenet5", { device });
    expect(() => model.resetClassifier(-1)).toThrow("resetClassifier: numClasses must be an integer ≥ 1, got -1");
  });
});
