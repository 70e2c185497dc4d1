import type { Values } from "./reference/values";
import type { Bound, Precision } from "./tolerance";

/** How far an array is from what it should be, in units of what it may be. */
export interface Deviation {
  /** Worst error divided by its bound: 1 is just allowed. */
  readonly fraction: number;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
  readonly error: number;
  readonly bound: number;
  /** Set when no single element is too far away but all together are. */
  readonly isRms: boolean;
}

/** Fewer errors than these have no meaningful root mean square. */
const RMS_ELEMENTS = 32;

/**
 * The worst element of `actual` against `expected`. NaN must meet NaN and infinities each other; a finite reference that the
 * device's dtype can't hold counts as infinite.
 */
export function compareArrays(actual: ArrayLike<number>, expected: Values, bound: Bound, precision: Precision): Deviation {
  let worst: Deviation = { fraction: 0, index: -1, actual: 0, expected: 0, error: 0, bound: 0, isRms: false };
  let squares = 0;
  for (let index = 0; index < expected.data.length; index++) {
    const own = compareElement(actual[index] as number, expected.at(index), bound.max[index] as number, precision);
    if (own.fraction > worst.fraction) worst = { ...own, index, isRms: false };
    if (bound.rms && own.error > 0) squares += (own.error / (bound.rms[index] as number)) ** 2;
  }
  const rms = Math.sqrt(squares / expected.data.length);
  if (!bound.rms || expected.data.length < RMS_ELEMENTS || rms <= Math.max(1, worst.fraction)) return worst;
  return { ...worst, fraction: rms, isRms: true };
}

function compareElement(
  actual: number,
  reference: number,
  max: number,
  precision: Precision,
): Omit<Deviation, "index" | "isRms"> {
  const expected =
    Math.abs(reference) > precision.largest * (1 + precision.rounding)
      ? Math.sign(reference) * Number.POSITIVE_INFINITY
      : reference;
  if (Object.is(actual, expected) || actual === expected) return { fraction: 0, actual, expected, error: 0, bound: max };
  // A bound derived from infinite arguments may itself be undefined: four roundings then.
  const bound = Number.isFinite(max) ? max : 8 * precision.rounding * Math.abs(expected) + precision.smallest;
  const difference = Math.abs(actual - expected);
  const error = Number.isFinite(difference) ? difference : Number.POSITIVE_INFINITY;
  return { fraction: bound > 0 ? error / bound : Number.POSITIVE_INFINITY, actual, expected, error, bound };
}
