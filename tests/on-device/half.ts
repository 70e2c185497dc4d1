import { cpu } from "@vertebra/backend-cpu";
import type { Device } from "@vertebra/core";
import { afterAll, describe, test } from "vitest";
import { expectHalfTraining } from "./half-training";
import type { Opened } from "./opened";

/** Training and inference in f16 and bf16, beside the cpu's. */
export async function testHalfTraining({ device, reason }: Opened): Promise<void> {
  const host = await cpu({ threads: 1 }).open();
  describe.skipIf(!device)(`training in 16 bits on ${device?.adapter ?? reason}`, () => {
    afterAll(() => Promise.all([device?.close(), host.close()]));

    test.each([
      ["lenet5", "f16", 8],
      ["lenet5", "bf16", 8],
      ["resnet18", "f16", 2],
    ] as const)(
      "%s in %s follows the cpu's curve, whose maps have f32 inside of each op",
      (name, dtype, steps) => expectHalfTraining(device as Device, host, name, dtype, steps),
      300_000,
    );
  });
}
