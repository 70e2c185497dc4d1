import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { blank, floats, randomFloats, worstError } from "../testing/run-plan";
import { scaleShiftFused } from "./scaleShiftFused";

const run = onBothThreadCounts();

const SHAPES = [
  [3, 5],
  [2, 3, 1, 1],
  [300, 257],
  [2, 5, 7, 7],
  [1, 2, 130, 131],
];

const ACTIVATIONS = {
  relu: (v: number) => Math.max(v, 0),
  relu6: (v: number) => Math.min(Math.max(v, 0), 6),
  silu: (v: number) => v / (1 + Math.exp(-v)),
};
const NAMES = ["relu", "relu6", "silu"] as const;

describe("scaleShiftFused", () => {
  for (const activation of NAMES) {
    it.each(SHAPES)(`of [%i, %i, …] is ${activation}(x · scale[c] + shift[c])`, (...shape) => {
      const x = randomFloats(shape, 1, [-3, 3]);
      const [scale, shift] = [randomFloats([shape[1]!], 2, [1, 4]), randomFloats([shape[1]!], 3)];
      const [y] = run(scaleShiftFused, { inputs: [x, scale, shift], outputs: [blank(shape)], attrs: { activation } });

      const inner = shape.slice(2).reduce((a, b) => a * b, 1);
      const wanted = Array.from(x.data, (value, i) => {
        const c = Math.floor(i / inner) % shape[1]!;
        return ACTIVATIONS[activation](value * scale.data[c]! + shift.data[c]!);
      });
      // Two roundings of a product and a sum of at most 13, carried on by silu's slope of at most 1.1, and three of silu itself.
      const bound = (value: number) => 1.1 * 2 ** -23 * 13 + 2 ** -21 * Math.abs(value);
      expect(worstError(y!.data, wanted, bound)).toBeLessThanOrEqual(1);
    });

    it(`keeps NaN for ${activation}, in whole vectors and behind them`, () => {
      const inputs = [floats([1, 1, 19], Array(19).fill(Number.NaN)), floats([1], [1]), floats([1], [0])];
      const [y] = run(scaleShiftFused, { inputs, outputs: [floats([1, 1, 19], Array(19).fill(0))], attrs: { activation } });
      expect(Array.from(y!.data).every(Number.isNaN)).toBe(true);
    });
  }

  it("of an empty tensor has no work", () => {
    const inputs = [floats([0, 3, 2], []), randomFloats([3], 1), randomFloats([3], 2)];
    const [y] = run(scaleShiftFused, { inputs, outputs: [floats([0, 3, 2], [])], attrs: { activation: "relu" } });
    expect(y!.data.length).toBe(0);
  });
});
