import { conv2d, matmul, Philox, tensor } from "@vertebra/core";
import { openReference } from "@vertebra/parity";
import { expect, it } from "vitest";
import { type SampledCase, sampledError } from "./sampled.mjs";

const CASES: readonly SampledCase[] = [
  { kind: "matmul", x: [5, 7], weight: [7, 6] },
  { kind: "conv2d", x: [2, 4, 7, 6], weight: [6, 2, 3, 3], attrs: { stride: 2, padding: 1, groups: 2 } },
];

it.each(CASES)("finds what the reference finds, and what is wrong: $kind", async (row) => {
  const device = openReference();
  const random = new Philox(1);
  const [x, weight] = [row.x, row.weight].map((shape) => random.normalArray(shape.reduce((a, b) => a * b)));
  const [left, right] = [tensor(x!, { shape: row.x, device }), tensor(weight!, { shape: row.weight, device })];
  const y = Float64Array.from(
    await (row.kind === "matmul" ? matmul(left, right) : conv2d(left, right, undefined, row.attrs)).data(),
  );
  expect(sampledError(row, x!, weight!, y)).toBeLessThan(1e-6);
  y[y.length - 1]! += 1;
  expect(sampledError(row, x!, weight!, y)).toBeGreaterThan(0.1);
  y[y.length - 1] = Number.NaN;
  expect(sampledError(row, x!, weight!, y)).toBe(Number.POSITIVE_INFINITY);
});
