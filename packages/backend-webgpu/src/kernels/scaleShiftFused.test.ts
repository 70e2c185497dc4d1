import { applyFused, type Device, scope, tensor } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { openForTests } from "../testing/open-device";
import { operandOf, PORTABLE, randomFloats, worstError } from "../testing/run-kernel";
import { scaleShiftFused } from "./scaleShiftFused";

const { device, reason } = await openForTests();

/** One channel for every four elements in a row, and several. */
const SHAPES = [
  [2, 3, 2, 2],
  [2, 5, 7, 7],
  [3, 5],
];

const ACTIVATIONS = {
  relu: (v: number) => Math.max(v, 0),
  relu6: (v: number) => Math.min(Math.max(v, 0), 6),
  silu: (v: number) => v / (1 + Math.exp(-v)),
};
const CASES = (["relu", "relu6", "silu"] as const).flatMap((activation) => SHAPES.map((shape) => ({ activation, shape })));

describe.skipIf(!device)(`scaleShiftFused on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  test.each(CASES)("of $shape is $activation(x · scale[c] + shift[c])", async ({ activation, shape }) => {
    using _ = scope();
    const [x, scale, shift] = [
      randomFloats(shape, 1, [-3, 3]),
      randomFloats([shape[1]!], 2, [1, 4]),
      randomFloats([shape[1]!], 3),
    ];
    const inputs = [x, scale, shift].map(({ shape: size, data }) => tensor(data, { shape: size, device: device as Device }));
    const y = await applyFused("scaleShiftFused", inputs, { shape, dtype: "f32" }, { activation }, 0).data();

    const inner = shape.slice(2).reduce((a, b) => a * b, 1);
    const wanted = Array.from(x.data, (value, i) => {
      const c = Math.floor(i / inner) % shape[1]!;
      return ACTIVATIONS[activation](value * scale.data[c]! + shift.data[c]!);
    });
    // Two roundings of a product and a sum of at most 13, carried on by silu's slope of at most 1.1, and exp and a division.
    const bound = (value: number) => 1.1 * 2 ** -23 * 13 + 2 ** -19 * Math.abs(value);
    expect(worstError(y, wanted, bound)).toBeLessThanOrEqual(1);
  });
});

test("scaleShiftFused of an empty tensor has no work", () => {
  const [x, c] = [operandOf([0, 3, 2]), operandOf([3])];
  expect(scaleShiftFused([x, c, c], [x], { activation: "relu" }, PORTABLE)).toEqual([]);
});
