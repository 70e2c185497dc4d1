import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scheduleFromTorch, type TorchAttrs } from "./schedules";

interface Golden {
  readonly attrs: TorchAttrs;
  readonly values: readonly number[];
  readonly tolerance: number;
}

// Made by core's goldens/make_schedules.py with PyTorch 1.13.1.
const goldenFile = readFileSync(new URL("../../../core/goldens/schedules.json", import.meta.url), "utf8");
const { rows } = JSON.parse(goldenFile) as { rows: Golden[] };

describe("scheduleFromTorch", () => {
  test.each(rows.map((row) => ({ ...row, name: JSON.stringify(row.attrs) })))("$name", ({ attrs, values, tolerance }) => {
    const schedule = scheduleFromTorch(attrs);
    const errors = values.map((value, epoch) => Math.abs((schedule?.(epoch) ?? Number.NaN) - value));
    expect(Math.max(...errors)).toBeLessThan(tolerance);
  });

  test.each<[string, TorchAttrs]>([
    ["no kind", { base_lr: 0.1 }],
    ["an unknown kind", { kind: "CyclicLR", base_lr: 0.1 }],
    ["a kind from Object.prototype", { kind: "toString", base_lr: 0.1 }],
    ["an unknown attribute", { kind: "StepLR", base_lr: 0.1, step_size: 2, wobble: 1 }],
    ["a missing attribute", { kind: "StepLR", base_lr: 0.1 }],
    ["an attribute of another type", { kind: "StepLR", base_lr: 0.1, step_size: "2" }],
    ["another start", { kind: "StepLR", base_lr: 0.1, step_size: 2, last_epoch: 4 }],
    ["an unknown strategy", { kind: "OneCycleLR", max_lr: 0.1, total_steps: 9, anneal_strategy: "bounce" }],
    ["an unknown nested kind", { kind: "SequentialLR", base_lr: 0.1, schedulers: [{ kind: "LambdaLR" }], milestones: [] }],
    [
      "a chain whose order matters",
      { kind: "ChainedScheduler", base_lr: 0.1, schedulers: [{ kind: "CosineAnnealingLR", T_max: 9 }] },
    ],
    ["nested values that are no rows", { kind: "SequentialLR", base_lr: 0.1, schedulers: [3], milestones: [] }],
  ])("lacks %s", (_, attrs) => {
    expect(scheduleFromTorch(attrs)).toBeUndefined();
  });

  test("takes PyTorch's own defaults where they are spelled out", () => {
    const attrs = { kind: "StepLR", base_lr: 1, step_size: 2, gamma: 0.5, last_epoch: -1, verbose: false };
    expect(scheduleFromTorch(attrs)?.(4)).toBe(0.25);
  });
});
