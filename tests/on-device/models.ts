import { type Device, sgd } from "@vertebra/core";
import { runModels, runTraining } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import { modelCase } from "../model-case";
import type { Opened } from "./opened";

/** Two networks against the reference: training steps, fused and unfused inference. */
export function testModels({ device, reason }: Opened): void {
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
}
