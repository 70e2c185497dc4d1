/** `divisor` as divisor.h has it: value, multiplier, shift. For numbers below 2³¹ divided by 1 to 2³¹ − 1. */
export function divisorWords(divisor: number): readonly [value: number, multiplier: number, shift: number] {
  const shift = 32 - Math.clz32(divisor - 1);
  // ⌊2³² · (2^shift − divisor) / divisor⌋ + 1, in two digits of 16 bits that floats divide exactly.
  const first = (2 ** shift - divisor) * 65536;
  const second = (first % divisor) * 65536;
  const multiplier = Math.floor(first / divisor) * 65536 + Math.floor(second / divisor) + 1;
  return [divisor, multiplier, shift];
}
