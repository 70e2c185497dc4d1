import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "../errors";
import { constantLr, exponentialLr, linearLr, multiStepLr, polynomialLr, type Schedule, stepLr } from "./schedules";
import { chainedLr, sequentialLr, withWarmup } from "./schedules-compose";
import { cosineLr, cosineWarmRestartsLr, oneCycleLr } from "./schedules-cosine";

interface Golden {
  readonly attrs: { readonly kind: string };
  readonly values: readonly number[];
  readonly tolerance: number;
}

// Made by goldens/make_schedules.py with PyTorch 1.13.1.
const goldenFile = readFileSync(new URL("../../goldens/schedules.json", import.meta.url), "utf8");
const { rows } = JSON.parse(goldenFile) as { rows: Golden[] };

const lr = 0.1;

/** Ours, in the order of the golden rows. */
const OURS: readonly [kind: string, Schedule][] = [
  ["ConstantLR", constantLr({ lr, factor: 1 / 3, epochs: 5 })],
  ["ConstantLR", constantLr({ lr: 0.05, factor: 0.25, epochs: 9 })],
  ["LinearLR", linearLr({ lr })],
  ["LinearLR", linearLr({ lr: 0.2, start: 0.01, end: 0.5, epochs: 12 })],
  ["StepLR", stepLr({ lr, stepSize: 7 })],
  ["StepLR", stepLr({ lr, stepSize: 3, gamma: 0.9 })],
  ["MultiStepLR", multiStepLr({ lr, milestones: [10, 20, 30] })],
  ["MultiStepLR", multiStepLr({ lr, milestones: [20, 5, 20], gamma: 0.5 })],
  ["ExponentialLR", exponentialLr({ lr, gamma: 0.93 })],
  ["PolynomialLR", polynomialLr({ lr, epochs: 5 })],
  ["PolynomialLR", polynomialLr({ lr, epochs: 30, power: 0.9 })],
  ["CosineAnnealingLR", cosineLr({ lr, epochs: 40 })],
  ["CosineAnnealingLR", cosineLr({ lr, epochs: 12, minLr: 0.001 })],
  ["CosineAnnealingWarmRestarts", cosineWarmRestartsLr({ lr, firstPeriod: 7 })],
  ["CosineAnnealingWarmRestarts", cosineWarmRestartsLr({ lr, firstPeriod: 5, periodFactor: 2, minLr: 1e-4 })],
  ["CosineAnnealingWarmRestarts", cosineWarmRestartsLr({ lr, firstPeriod: 1, periodFactor: 3 })],
  ["OneCycleLR", oneCycleLr({ maxLr: 0.1, steps: 40 })],
  ["OneCycleLR", oneCycleLr({ maxLr: 0.4, steps: 40, anneal: "linear" })],
  ["OneCycleLR", oneCycleLr({ maxLr: 0.3, steps: 40, peak: 0.21, startDivisor: 10, endDivisor: 100, threePhases: true })],
  ["OneCycleLR", oneCycleLr({ maxLr: 0.3, steps: 43, peak: 0.4, threePhases: true, anneal: "linear" })],
  ["SequentialLR", withWarmup(cosineLr({ lr, epochs: 35 }), { epochs: 5, start: 0.1 })],
  [
    "SequentialLR",
    sequentialLr({
      schedules: [
        constantLr({ lr, factor: 0.1, epochs: 2 }),
        stepLr({ lr, stepSize: 6, gamma: 0.5 }),
        exponentialLr({ lr, gamma: 0.9 }),
      ],
      milestones: [4, 25],
    }),
  ],
  [
    "ChainedScheduler",
    chainedLr({ lr, schedules: [constantLr({ lr, factor: 0.1, epochs: 2 }), exponentialLr({ lr, gamma: 0.9 })] }),
  ],
  [
    "ChainedScheduler",
    chainedLr({
      lr: 0.2,
      schedules: [
        linearLr({ lr: 0.2, start: 0.25, epochs: 6 }),
        multiStepLr({ lr: 0.2, milestones: [10, 20], gamma: 0.3 }),
        polynomialLr({ lr: 0.2, epochs: 50, power: 2 }),
      ],
    }),
  ],
];

describe("schedules give PyTorch's rates", () => {
  test("one of ours for each golden row", () => {
    expect(OURS.map(([kind]) => kind)).toEqual(rows.map(({ attrs }) => attrs.kind));
  });

  test.each(rows.map((row, i) => ({ ...row, name: JSON.stringify(row.attrs), ours: OURS[i]![1] })))("$name", (row) => {
    expect(row.values.length).toBe(40);
    const errors = row.values.map((value, epoch) => Math.abs(row.ours(epoch) - value));
    expect(Math.max(...errors)).toBeLessThan(row.tolerance);
  });
});

describe("schedules", () => {
  test("are pure: epochs in any order, fractions too", () => {
    const schedule = cosineLr({ lr: 1, epochs: 4 });
    expect([schedule(4), schedule(0), schedule(2)]).toEqual([0, 1, expect.closeTo(0.5, 12)]);
    expect(schedule(0.5)).toBeCloseTo((1 + Math.cos(Math.PI / 8)) / 2, 12);
    expect(stepLr({ lr: 1, stepSize: 2, gamma: 0.5 })(3.9)).toBe(0.5);
  });

  test("a constant one without factor is its rate", () => {
    expect([0, 1, 1000].map(constantLr({ lr: 0.3 }))).toEqual([0.3, 0.3, 0.3]);
  });

  test("one cycle stays at its end past the last step", () => {
    const schedule = oneCycleLr({ maxLr: 1, steps: 10 });
    expect(schedule(9)).toBeCloseTo(1 / 25 / 1e4, 15);
    expect(schedule(1000)).toBe(1 / 25 / 1e4);
  });

  test("warm restarts restart exactly at T_0·(T_multᵏ − 1)/(T_mult − 1)", () => {
    const schedule = cosineWarmRestartsLr({ lr: 1, firstPeriod: 10, periodFactor: 3 });
    for (const epoch of [0, 10, 40, 130, 400, 1210]) expect(schedule(epoch)).toBe(1);
    expect(schedule(Number.POSITIVE_INFINITY)).toBeNaN();
  });

  test("a warmup of 0 epochs is none", () => {
    const schedule = exponentialLr({ lr: 1, gamma: 0.5 });
    expect(withWarmup(schedule, { epochs: 0 })).toBe(schedule);
  });

  test("wrong options are named, all at once", () => {
    expect(() => stepLr({ lr: -1, stepSize: 1, gamma: Number.NaN })).toThrow(
      "stepLr: lr, gamma must be a number ≥ 0, got -1, NaN",
    );
    expect(() => stepLr({ lr: 1, stepSize: 0 })).toThrow(ArgumentError);
    expect(() => cosineWarmRestartsLr({ lr: 1, firstPeriod: 1, periodFactor: 0.5 })).toThrow(ArgumentError);
    expect(() => oneCycleLr({ maxLr: 1, steps: 10, peak: 2 })).toThrow("oneCycleLr: peak must be from 0 to 1, got 2");
    expect(() => sequentialLr({ schedules: [constantLr({ lr: 1 })], milestones: [3] })).toThrow(ArgumentError);
    expect(() => sequentialLr({ schedules: Array(3).fill(constantLr({ lr: 1 })), milestones: [3, 2] })).toThrow(ArgumentError);
  });
});
