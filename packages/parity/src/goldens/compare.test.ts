import { describe, expect, it } from "vitest";
import { compareGolden } from "./compare";

const isEqual = (actual: number, expected: number, mode: "float32" | "exact" = "float32"): boolean =>
  compareGolden([actual], [expected], { mode }).fraction === 0;

describe("values that float32 rows take as equal", () => {
  it.each([
    ["a subnormal and 0, whoever underflows", 1e-40, 0, true],
    ["0 and a subnormal", 0, -1e-40, true],
    ["two subnormals", 3.8e-44, 3.9e-44, true],
    ["a normal number and 0", 2e-38, 0, false],
    ["infinities", Infinity, Infinity, true],
    ["infinities of two signs", Infinity, -Infinity, false],
    ["NaN and NaN", Number.NaN, Number.NaN, true],
    ["NaN and infinity", Number.NaN, Infinity, false],
  ])("%s", (_, actual, expected, outcome) => {
    expect(isEqual(actual, expected)).toBe(outcome);
  });

  it("exact rows don't", () => {
    expect(isEqual(1e-40, 0, "exact")).toBe(false);
  });
});
