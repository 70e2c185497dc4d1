import { expect, test } from "vitest";
import { divisorWords } from "./divisor";

/** As divisor.h divides, in integers of any size; NaN where 32 bits would overflow. */
function quotientOf(number: number, divisor: number): number {
  const [value, multiplier, shift] = divisorWords(divisor);
  const sum = ((BigInt(number) * BigInt(multiplier)) >> 32n) + BigInt(number);
  const fits = value === divisor && multiplier < 2 ** 32 && sum < 2n ** 32n;
  return fits ? Number(sum >> BigInt(shift)) : Number.NaN;
}

const LARGEST = 2 ** 31 - 1;
const POWERS = Array.from({ length: 31 }, (_, i) => 2 ** i);
const DIVISORS = [
  ...new Set([
    ...Array.from({ length: 300 }, (_, i) => i + 1),
    ...POWERS.flatMap((power) => [power - 1, power, power + 1]),
    ...Array.from({ length: 300 }, (_, i) => 1 + ((i * 7_654_321) % LARGEST)),
    LARGEST - 1,
    LARGEST,
  ]),
].filter((divisor) => divisor > 0);

test("a product and a shift give the quotient of every number below 2³¹, around multiples and at the ends", () => {
  const wrong = DIVISORS.flatMap((divisor) => {
    const multiples = [1, 2, 3, 1000, Math.floor(LARGEST / divisor)].map((times) => times * divisor);
    const numbers = [0, 1, ...multiples.flatMap((number) => [number - 1, number, number + 1]), LARGEST - 1, LARGEST];
    return numbers
      .filter((number) => number <= LARGEST && quotientOf(number, divisor) !== Math.floor(number / divisor))
      .map((number) => `${number} / ${divisor}`);
  });
  expect(wrong).toEqual([]);
});
