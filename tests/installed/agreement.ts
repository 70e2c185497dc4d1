import { expect } from "vitest";
import type { Values } from "./user/program";
import type { Report } from "./user/report";

/**
 * Roundings that follow on one another in the longest chain of the program, generously: sums of 400, 150, 120, 84 … products
 * forward, backward, twice. Each is off by at most 2⁻²⁴ of the largest value.
 */
const ROUNDINGS = 2000;

/** The program gave the values of the f64 reference, and the hammered device counted right. */
export function expectAgreement(report: Report, expected: Values): void {
  expect(largestErrors(report.values, expected)).toEqual(
    Object.fromEntries(Object.keys(expected).map((name) => [name, "in bound"])),
  );
  expect(report.counts).toEqual([300, 32, 200_000]);
}

function largestErrors(values: Values, expected: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(expected).map(([name, reference]) => {
      const scale = Math.max(...reference.map(Math.abs));
      const error = Math.max(...reference.map((value, i) => Math.abs(value - (values[name]?.[i] ?? Number.NaN))));
      return [name, error <= ROUNDINGS * 2 ** -24 * scale ? "in bound" : `off by ${error} where the largest is ${scale}`];
    }),
  );
}
