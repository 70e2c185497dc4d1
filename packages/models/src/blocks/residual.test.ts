import { cpu } from "@vertebra/backend-cpu";
import { openMeta, withDevice, zeros } from "@vertebra/core";
import { goldenFolder, openReference, runGoldens } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { Residual, type ResidualOptions, type ResnetBlockOptions, resnetBlock } from "./residual";

const meta = openMeta();
const on = <T>(make: () => T): T => withDevice(meta, make);

describe("the textbook's Residual", () => {
  test("agrees with PyTorch's golden row", async () => {
    const sample = goldenFolder(new URL("../../../parity/goldens/sample", import.meta.url).pathname);
    const device = await cpu().open();
    const blocks = { Residual: (args: object) => new Residual(args as ResidualOptions) };
    const report = await runGoldens(sample, [openReference(), device], { blocks });
    await device.close();
    expect(report.failures).toEqual([]);
    expect(report.lacking).toEqual([]);
  });

  test("has biases, and a 1×1 without a norm where it is asked for", () => {
    const names = (use1x1Conv: boolean) =>
      on(() => new Residual({ inChannels: 3, outChannels: 3, use1x1Conv }))
        .namedParameters()
        .map(([name]) => name);
    const norms = ["bn1.weight", "bn1.bias", "bn2.weight", "bn2.bias"];
    const convs = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"];
    expect(names(false)).toEqual([...convs, ...norms]);
    expect(names(true)).toEqual([...convs, "conv3.weight", "conv3.bias", ...norms]);
  });

  test.each([
    [{ inChannels: 3, outChannels: 6 }, "branch [4, 6, 6, 6] and shortcut [4, 3, 6, 6]"],
    [{ inChannels: 3, outChannels: 3, stride: 2 }, "branch [4, 3, 3, 3] and shortcut [4, 3, 6, 6]"],
  ])("%o has no shortcut that fits, and says what helps", (options, got) => {
    expect(() => on(() => new Residual(options).forward(zeros([4, 3, 6, 6])))).toThrow(
      `residual: the block's branch and its shortcut must have one shape, got ${got}. Build the block with use1x1Conv: true`,
    );
    const y = on(() => new Residual({ ...options, use1x1Conv: true }).forward(zeros([4, 3, 6, 6])));
    expect(y.shape[1]).toBe(options.outChannels);
  });
});

describe("resnetBlock", () => {
  const shapeAfter = (options: ResnetBlockOptions) =>
    on(() => resnetBlock(options).forward(zeros([1, options.inChannels, 8, 8]))).shape;

  test("halves the side in its first Residual, but not in the network's first stage", () => {
    expect(shapeAfter({ inChannels: 4, outChannels: 8, blocks: 2 })).toEqual([1, 8, 4, 4]);
    expect(shapeAfter({ inChannels: 4, outChannels: 4, blocks: 2, first: true })).toEqual([1, 4, 8, 8]);
  });

  test("refuses a first stage of other channels than it gets", () => {
    expect(() => on(() => resnetBlock({ inChannels: 4, outChannels: 8, blocks: 2, first: true }))).toThrow(
      "resnetBlock: the first stage must keep its channels, as its first block has no convolution on the shortcut, " +
        "got inChannels 4 and outChannels 8. Leave out first: true, or make the stem give outChannels",
    );
  });
});
