import {
  BatchNorm2d,
  Conv2d,
  type Device,
  Dropout,
  flatten,
  Linear,
  Module,
  maxPool2d,
  relu,
  seedInit,
  sgd,
  type Tensor,
  withDevice,
} from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { runModels } from "./models";
import { openRounded, withWrongResult } from "./testing/devices";
import { runTraining } from "./training";

/** Everything a model may bring: statistics, a pooling whose winners may flip, and random numbers. */
class Small extends Module {
  readonly conv = new Conv2d(3, 8, { kernel: 3, padding: 1, bias: false });
  readonly bn = new BatchNorm2d(8);
  readonly fc1 = new Linear(8 * 4 * 4, 16);
  readonly dropout = new Dropout(0.25);
  readonly fc2 = new Linear(16, 10);

  forward(x: Tensor): Tensor {
    const features = maxPool2d(relu(this.bn.forward(this.conv.forward(x))), { kernel: 2 });
    return this.fc2.forward(this.dropout.forward(relu(this.fc1.forward(flatten(features)))));
  }
}

const make = (device: Device) => {
  seedInit(1);
  return withDevice(device, () => new Small());
};
const model = { name: "small", make, input: [4, 3, 8, 8] };
const training = { ...model, optimizer: (trained: Module) => sgd(trained, { lr: 0.1, momentum: 0.9 }) };

describe("runModels", () => {
  it("passes a device that rounds every op to f32", async () => {
    const report = await runModels([openRounded()], [model]);
    expect(report.failures).toEqual([]);
    expect(report.passed).toBe(5);
    const worst = report.worst[0]?.fraction ?? 0;
    // The allowance must neither be used up by honest rounding nor be out of its reach.
    expect(worst).toBeGreaterThan(0.005);
    expect(worst).toBeLessThan(0.6);
  });

  it("fails a wrong kernel and names its layer", async () => {
    const wrong = withWrongResult(openRounded(), "conv2d", (y) => y.map((value, i) => (i === 100 ? value + 1 : value)));
    const report = await runModels([wrong], [model]);
    expect(report.failures.length).toBeGreaterThan(3);
    expect(report.failures[0]?.message).toMatch(
      /^small on wrong: loss is .* away in the 2-norm, allowed .*\. First to diverge: conv2d in conv \(call 1 of \d+\): result 0\[100\] is/,
    );
  });

  it("fails a wrong backward kernel by gradient only", async () => {
    const wrong = withWrongResult(openRounded(), "batchNormTrainGrad", (dx) => dx.map((value) => value * 1.001));
    const { failures } = await runModels([wrong], [model]);
    expect(failures.map(({ case: name }) => name)).toEqual(["gradient conv.weight"]);
    expect(failures[0]?.message).toContain("First to diverge: batchNormTrainGrad");
  });
});

describe("runTraining", () => {
  it("passes a device that rounds every op to f32", async () => {
    const report = await runTraining([openRounded()], [training]);
    expect(report.failures).toEqual([]);
    expect(report.worst[0]?.fraction).toBeLessThan(0.6);
  });

  it("fails a wrong optimizer step, at the step where it shows", async () => {
    const wrong = withWrongResult(openRounded(), "conv2dWeightGrad", (dw) => dw.map((value) => value * 1.01));
    const { failures } = await runTraining([wrong], [{ ...training, steps: 5 }]);
    expect(failures[0]?.message).toMatch(/^small on wrong: the loss of step [23] is/);
  });
});
