import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { setDevice } from "../device";
import { checkLeaks } from "../leaks";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import { scope } from "../scope";
import { Ema } from "./ema";

setDevice(openReference());

describe("Ema", () => {
  test("averages parameters and running statistics, copies counters, and swaps with the model", async () => {
    using _ = scope();
    using model = new BatchNorm2d(1);
    using ema = new Ema(model, { decay: 0.75 });
    model.weight!.write([5]);
    model.running_mean!.write([4]);
    model.num_batches_tracked!.write([9]);
    ema.update();
    ema.apply();
    // 0.75 · 1 + 0.25 · 5 and 0.75 · 0 + 0.25 · 4
    expect([await model.weight!.item(), await model.running_mean!.item(), await model.num_batches_tracked!.item()]).toEqual([
      2, 1, 9,
    ]);
    expect(() => ema.update()).toThrow("Ema.update: the model must hold its own values, not the averages. Call restore() first");
    ema.restore();
    expect([await model.weight!.item(), await model.running_mean!.item()]).toEqual([5, 4]);
  });

  test("frees what it made", () =>
    checkLeaks(() => {
      using model = new BatchNorm2d(2);
      using ema = new Ema(model);
      ema.update();
      ema.apply();
      ema.restore();
    }));
});
