import { expect, test } from "vitest";
import { linearScale, logScale } from "./axis";

test("a linear scale maps its ends to its pixels and marks round numbers", () => {
  const { at, ticks } = linearScale([54, 87], [500, 0]);
  expect([at(54), at(87), at(70.5)]).toEqual([500, 0, 250]);
  expect(ticks).toEqual([55, 60, 65, 70, 75, 80, 85]);
});

test("a logarithmic scale takes equal ratios for equal steps", () => {
  const { at, ticks } = logScale([0.1, 10], [0, 100]);
  expect([at(0.1), at(1), at(10)].map(Math.round)).toEqual([0, 50, 100]);
  expect(ticks.map((tick) => Number(tick.toPrecision(6)))).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10]);
});
