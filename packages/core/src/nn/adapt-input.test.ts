import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { setDevice } from "../device";
import { decode } from "../dtype";
import { StateDictError } from "../errors";
import { adaptInputChannels } from "./adapt-input";
import { Conv2d } from "./layers/conv2d";
import { Linear } from "./layers/linear";
import { Sequential } from "./layers/sequential";
import type { StateValue } from "./state-dict";

setDevice(openReference());

/** [2, 3, 1, 2] with the values 1, 2, … */
const rgb: StateValue = {
  dtype: "f32",
  shape: [2, 3, 1, 2],
  bytes: new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i + 1).buffer),
};
const adapted = (n: number) => {
  const value = adaptInputChannels(rgb, [2, n, 1, 2]);
  return value && [...decode(value.bytes, value.dtype)];
};

// Expected values: timm's adapt_input_conv with PyTorch 1.13 on torch.arange(1., 13.).reshape(2, 3, 1, 2).
describe("adaptInputChannels", () => {
  test("sums over the channels for grey images", () => {
    expect(adapted(1)).toEqual([9, 12, 27, 30]);
  });

  test("repeats the channels for more of them, and keeps the size of the outputs", () => {
    expect(adapted(4)).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 7, 8, 9, 10, 11, 12, 7, 8].map((value) => value * 0.75));
    expect(adapted(2)).toEqual([1, 2, 3, 4, 7, 8, 9, 10].map((value) => value * 1.5));
  });

  test("leaves alone what differs in more than the channels", () => {
    expect(adaptInputChannels(rgb, [2, 1, 1, 1])).toBeUndefined();
    expect(adaptInputChannels(rgb, [3, 1, 1, 2])).toBeUndefined();
  });
});

describe("loading into a model of other channels and classes", () => {
  const model = (channels: number, classes: number) =>
    new Sequential([new Conv2d(channels, 2, { kernel: 1 }), new Linear(2, classes)]);
  const state = async (of: Sequential): Promise<Map<string, StateValue>> => {
    const values = new Map<string, StateValue>();
    for (const [name, own] of of.stateDict()) values.set(name, { dtype: own.dtype, shape: own.shape, bytes: await own.bytes() });
    return values;
  };

  test("without strict fits the first convolution, leaves the head as it was and reports both", async () => {
    const target = model(1, 5);
    const before = await target.stateDict().get("1.weight")!.data();
    const report = target.loadStateDict(await state(model(3, 2)), { strict: false });
    expect(report).toEqual({
      loaded: ["0.weight", "0.bias"],
      missing: [],
      unexpected: [],
      mismatched: ["1.weight: model [5, 2], checkpoint [2, 2]", "1.bias: model [5], checkpoint [2]"],
      adapted: ["0.weight: model [2, 1, 1, 1], checkpoint [2, 3, 1, 1]"],
      rules: [],
    });
    expect(await target.stateDict().get("1.weight")!.data()).toEqual(before);
  });

  test("is asked for by itself with adaptInput, and not done in strict loading", async () => {
    const source = await state(model(3, 2));
    expect(() => model(1, 2).loadStateDict(source)).toThrow(StateDictError);
    expect(model(1, 2).loadStateDict(source, { adaptInput: true }).adapted).toHaveLength(1);
    expect(model(1, 2).loadStateDict(source, { strict: false, adaptInput: false }).mismatched).toHaveLength(1);
  });
});
