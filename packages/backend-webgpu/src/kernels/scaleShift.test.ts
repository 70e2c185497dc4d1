import type { Device } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { openForTests } from "../testing/open-device";
import { blank, operandOf, PORTABLE, randomFloats, runKernel, worstError } from "../testing/run-kernel";
import { scaleShift } from "./scaleShift";

const { device, reason } = await openForTests();

const SHAPES = [
  [3, 5],
  [2, 1],
  [1, 33],
  [2, 3, 1, 1],
  [7, 1, 3],
  [2, 5, 7, 7],
  [2, 3, 2, 2],
  [1, 2, 65],
  [3, 2, 2, 3, 3],
  [1, 2, 130, 131],
];

describe.skipIf(!device)(`scaleShift on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  test.each(SHAPES)("of [%i, %i, …] is x · scale[c] + shift[c]", async (...shape) => {
    const [x, scale, shift] = [randomFloats(shape, 1), randomFloats([shape[1]!], 2), randomFloats([shape[1]!], 3)];
    const inner = shape.slice(2).reduce((a, b) => a * b, 1);
    const wanted = Array.from(x.data, (value, i) => {
      const c = Math.floor(i / inner) % shape[1]!;
      return value * scale.data[c]! + shift.data[c]!;
    });
    const call = { inputs: [x, scale, shift], outputs: [blank(shape)], attrs: {} };
    const { outputs } = await runKernel(device as Device, "scaleShift", call);
    expect(worstError(outputs[0]!.data, wanted, () => 2 ** -23)).toBeLessThanOrEqual(1);
  });
});

test("scaleShift of an empty tensor has no work", () => {
  const [x, c] = [operandOf([0, 3, 2]), operandOf([3])];
  expect(scaleShift([x, c, c], [x], {}, PORTABLE)).toEqual([]);
});
