import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setDevice, tensor } from "@vertebra/core";
import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { lenet5 } from "../lenet";

setDevice(openReference());

const folder = new URL("../../goldens/checkpoints/", import.meta.url);
const path = fileURLToPath(new URL("lenet5.pth", folder));
const expected: Record<"input" | "trained" | "averaged", number[]> = JSON.parse(
  readFileSync(new URL("lenet5.json", folder), "utf8"),
);

async function logits(model: ReturnType<typeof lenet5>): Promise<ArrayLike<number>> {
  return model
    .eval()
    .forward(tensor(expected.input, { shape: [1, 1, 32, 32] }))
    .data();
}

describe("a checkpoint of a training loop, saved by PyTorch", () => {
  test.each([
    ["trained", undefined, 'names below "state_dict"'],
    ["averaged", true, 'names below "state_dict_ema"'],
  ] as const)("gives PyTorch's logits with the %s weights", async (which, ema, rule) => {
    const model = lenet5();
    const report = await model.load(path, ema === undefined ? {} : { ema });
    expect(report.rules).toEqual([rule, 'without "module."']);
    const values = await logits(model);
    for (const [i, value] of expected[which].entries()) expect(values[i]).toBeCloseTo(value, 5);
  });

  test("starts a model of other classes and channels: all but the head is loaded, and the report says so", async () => {
    const model = lenet5({ numClasses: 3, inChannels: 3 });
    const head = await model.stateDict().get("fc3.weight")?.data();
    const { loaded, adapted, mismatched, missing, unexpected } = await model.load(path, { strict: false });
    expect(loaded).toEqual([
      "conv1.weight",
      "conv1.bias",
      "conv2.weight",
      "conv2.bias",
      "fc1.weight",
      "fc1.bias",
      "fc2.weight",
      "fc2.bias",
    ]);
    expect(adapted).toEqual(["conv1.weight: model [6, 3, 5, 5], checkpoint [6, 1, 5, 5]"]);
    expect([mismatched, missing, unexpected]).toEqual([
      ["fc3.weight: model [3, 84], checkpoint [10, 84]", "fc3.bias: model [3], checkpoint [10]"],
      [],
      [],
    ]);
    expect(await model.stateDict().get("fc3.weight")?.data()).toEqual(head);
    // Three equal channels: what the grey image gave.
    const grey = lenet5();
    await grey.load(path);
    const image = tensor(expected.input, { shape: [1, 1, 32, 32] });
    const rgb = tensor([...expected.input, ...expected.input, ...expected.input], { shape: [1, 3, 32, 32] });
    const [a, b] = [await grey.conv1.forward(image).data(), await model.conv1.forward(rgb).data()];
    for (let i = 0; i < a.length; i += 97) expect(b[i]).toBeCloseTo(a[i] as number, 5);
  });
});
