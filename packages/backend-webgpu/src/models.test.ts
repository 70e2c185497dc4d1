import { type Device, seedInit, sgd } from "@vertebra/core";
import { createModel, findModel } from "@vertebra/models";
import { type ModelCase, runModels, runTraining } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { openForTests } from "./testing/open-device";

const { device, reason } = await openForTests();

/** As `vertebra parity --models` has them. */
function modelCase(name: string): ModelCase {
  const { inputShape, smallSide } = findModel(name).facts;
  const make = (on: Device) => {
    seedInit(0);
    return createModel(name, { device: on, numClasses: 10 });
  };
  return { name, make, input: [4, inputShape[0], smallSide, smallSide] };
}

describe.skipIf(!device)(`models on ${device?.adapter ?? reason}`, () => {
  const devices = [device as Device];
  afterAll(() => device?.close());

  test.each(["lenet5", "resnet18"])(
    "%s: a training step, logits with and without fused kernels",
    async (name) => {
      const { failures, passed } = await runModels(devices, [modelCase(name)]);
      expect(failures.map(({ message }) => message)).toEqual([]);
      expect(passed).toBe(5);
    },
    300_000,
  );

  test("lenet5: twenty steps of training", async () => {
    const optimizer = (model: Parameters<typeof sgd>[0]) => sgd(model, { lr: 0.01, momentum: 0.9 });
    const { failures, passed } = await runTraining(devices, [{ ...modelCase("lenet5"), optimizer }]);
    expect(failures.map(({ message }) => message)).toEqual([]);
    expect(passed).toBe(1);
  }, 300_000);
});
