import { openMeta, withDevice, zeros } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { BasicBlock } from "./basic-block";

const run = (options: Omit<ConstructorParameters<typeof BasicBlock>[0], "inChannels">) =>
  withDevice(openMeta(), () => new BasicBlock({ inChannels: 4, ...options }).forward(zeros([2, 4, 6, 6])).shape);

describe("what an error about a block's shortcut asks for is what helps", () => {
  test.each(["projection-where-needed", "always-owned"] as const)("%s without its projection", (shortcut) => {
    expect(() => run({ channels: 8, shortcut, downsample: false })).toThrow(
      /one shape, .*\. Build the block with downsample: true/,
    );
    expect(run({ channels: 8, shortcut, downsample: true })).toEqual([2, 8, 6, 6]);
  });

  test.each(["zero-padded", "none"] as const)("%s with a projection", (shortcut) => {
    expect(() => run({ channels: 8, shortcut, downsample: true })).toThrow(
      `residual: a projection must be on a shortcut that takes one, got shortcut: "${shortcut}" and downsample: true. ` +
        'Leave downsample out, or use shortcut: "projection-where-needed"',
    );
    expect(run({ channels: 8, shortcut })).toEqual([2, 8, 6, 6]);
    expect(run({ channels: 8, shortcut: "projection-where-needed", downsample: true })).toEqual([2, 8, 6, 6]);
  });

  test("zero-padded to fewer channels", () => {
    expect(() => run({ channels: 2, shortcut: "zero-padded" })).toThrow('Use shortcut: "projection-where-needed"');
    expect(run({ channels: 2 })).toEqual([2, 2, 6, 6]);
  });
});
