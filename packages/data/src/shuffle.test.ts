import { ArgumentError, Philox } from "@vertebra/core";
import { expect, test } from "vitest";
import { shuffledOrder } from "./shuffle";

test("an order is a permutation that depends on seed and epoch only", () => {
  const order = shuffledOrder(100, { seed: 1, epoch: 0 });
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(shuffledOrder(100, { seed: 1n, epoch: 0 })).toEqual(order);
  expect(shuffledOrder(100, { seed: 1, epoch: 1 })).not.toEqual(order);
  expect(shuffledOrder(100, { seed: 2, epoch: 0 })).not.toEqual(order);
});

test("it comes from stream 2^31 + epoch", () => {
  expect(shuffledOrder(50, { seed: 7, epoch: 3 })).toEqual(new Philox(7, 2 ** 31 + 3).permutation(50));
});

test.each([-1, 0.5, 2 ** 31, Number.NaN])("epoch %d is refused", (epoch) => {
  expect(() => shuffledOrder(1, { seed: 0, epoch })).toThrow(ArgumentError);
});
