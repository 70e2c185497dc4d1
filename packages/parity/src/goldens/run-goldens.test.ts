import { BatchNorm2d, Conv2d, Module, relu, type Tensor } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { openReference } from "../reference/index";
import { openRounded, withWrongResult } from "../testing/devices";
import { type HandRow, memoryGoldens } from "../testing/memory-goldens";
import { goldenFolder } from "./manifest";
import { runGoldens } from "./run-goldens";

const sample = goldenFolder(new URL("../../goldens/sample", import.meta.url).pathname);

/** The textbook's residual block (Dive into Deep Learning, section 8.6). */
class Residual extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly bn2: BatchNorm2d;

  constructor(inChannels: number, channels: number) {
    super();
    this.conv1 = new Conv2d(inChannels, channels, { kernel: 3, padding: 1 });
    this.conv2 = new Conv2d(channels, channels, { kernel: 3, padding: 1 });
    this.bn1 = new BatchNorm2d(channels);
    this.bn2 = new BatchNorm2d(channels);
  }

  forward(x: Tensor): Tensor {
    const inner = relu(this.bn1.forward(this.conv1.forward(x)));
    return relu(this.bn2.forward(this.conv2.forward(inner)).add(x));
  }
}

const blocks = {
  Residual: (args: Readonly<Record<string, unknown>>) => new Residual(Number(args.inChannels), Number(args.outChannels)),
};

describe("the sample", () => {
  it("passes on the reference in double and in f32", async () => {
    const report = await runGoldens(sample, [openReference(), openRounded()], { blocks });
    expect(report.failures).toEqual([]);
    expect([report.passed, report.failed, report.skipped, report.lacking]).toEqual([22, 0, 0, []]);
    // In double, all that is left of PyTorch's doubles is their rounding to the file's digits.
    for (const { device, fraction } of report.worst) if (device === "reference") expect(fraction).toBeLessThan(1e-6);
  });

  it("lists a block we lack, and neither fails nor passes it", async () => {
    const report = await runGoldens(sample, [openReference(), openRounded()]);
    expect(report.lacking).toEqual([{ op: "module", case: "block_d2l_residual_eval", what: "block Residual" }]);
    expect([report.passed, report.failed]).toEqual([20, 0]);
  });

  it("skips rows of special values on a device that declares finite-math", async () => {
    const report = await runGoldens(sample, [{ ...openRounded(), features: ["finite-math"] }], { blocks });
    expect([report.passed, report.skipped]).toEqual([9, 2]);
  });

  it("fails a wrong kernel, by value and by gradient", async () => {
    const wrong = withWrongResult(openRounded(), "logSoftmax", (y) => y.map((value) => value * 1.0001));
    const { failures } = await runGoldens(sample, [wrong], { blocks });
    expect(failures.map(({ case: name, kind }) => `${name}: ${kind}`)).toEqual([
      "ce_ignore_smoothing: value",
      "ce_ignore_smoothing: gradient",
    ]);
    expect(failures[0]?.message).toMatch(
      /^cross_entropy ce_ignore_smoothing on wrong: y\[0\] is .*, PyTorch's is .*: an error of .*, allowed .*$/,
    );
  });
});

describe("rows that can't be run", () => {
  const lackingOf = async (row: HandRow) =>
    (await runGoldens(memoryGoldens([row]), [openReference()])).lacking.map(({ what }) => what);

  it.each<[HandRow, string]>([
    [{ op: "fold", inputs: { x: [1] }, outputs: { y: [1] } }, "op fold"],
    [{ op: "constructor", inputs: { x: [1] }, outputs: { y: [1] } }, "op constructor"],
    [{ op: "exp", attrs: { base: 2 }, inputs: { x: [1] }, outputs: { y: [4] } }, "attribute base"],
    [
      { op: "interpolate", attrs: { size: 2, mode: "nearest-exact" }, inputs: { x: [[[[1]]]] }, outputs: {} },
      'attribute mode = "nearest-exact"',
    ],
    [{ op: "exp", inputs: { x: [1], out: [1] }, outputs: { y: [1] } }, "input out"],
    [{ op: "exp", inputs: { x: [1] }, outputs: { y: [Math.E], flag: [1] } }, "output flag"],
    [{ op: "exp", attrs: { view_of_x: [["roll", 1]] }, inputs: { x: [1] }, outputs: { y: [1] } }, 'view "roll"'],
    [{ op: "optimizer", attrs: { kind: "LBFGS" }, inputs: { p0: [1] }, outputs: {} }, "optimizer LBFGS"],
    [{ op: "imagenet_preset", inputs: { x: [1] }, outputs: { y: [1] } }, "imagenet_preset"],
    [{ op: "lr_schedule", attrs: { kind: "CyclicLR" }, row: { values: [1] } }, 'schedule {"kind":"CyclicLR"}'],
    [{ op: "dropout", attrs: { p: 0.5 }, inputs: { x: [1, 2] }, outputs: {} }, "a random mask to replay"],
  ])("%o", async (row, what) => {
    expect(await lackingOf(row)).toEqual([what]);
  });

  it("a call that should be refused and isn't fails", async () => {
    const { failures } = await runGoldens(memoryGoldens([{ op: "exp", inputs: { x: [1] }, compare: "error" }]), [
      openReference(),
    ]);
    expect(failures[0]?.message).toBe("exp 0 on reference: the call must be refused with an error, and is not");
  });

  it("a wrong shape fails by shape", async () => {
    const { failures } = await runGoldens(memoryGoldens([{ op: "exp", inputs: { x: [0, 0] }, outputs: { y: [[1, 1]] } }]), [
      openReference(),
    ]);
    expect(failures[0]?.message).toBe("exp 0 on reference: y has shape [2], PyTorch's has [1,2]");
  });
});
