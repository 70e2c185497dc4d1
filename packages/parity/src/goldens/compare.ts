import type { CompareMode } from "./manifest";

/** How a value of ours stands to PyTorch's. */
export interface GoldenDeviation {
  /** Worst error divided by what is allowed; infinite for a wrong value where equality is asked for. */
  readonly fraction: number;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
  readonly error: number;
  readonly bound: number;
}

/** Relative error of finite values in `float32` rows. */
const FLOAT32_SLACK = 1e-5;
const SMALLEST_NORMAL = 2 ** -126;

/** The error allowed for a value: none for an infinity, a share of which would be infinite too. */
const boundOf = (mode: CompareMode, tolerance: number | undefined): ((expected: number) => number) => {
  if (mode === "float32") return (expected) => (Number.isFinite(expected) ? FLOAT32_SLACK * Math.abs(expected) : 0);
  return () => (mode === "exact" ? 0 : (tolerance ?? 0));
};

/** Subnormals may be 0: PyTorch's, where its formula underflows before ours, or ours. */
const areBothTiny = (a: number, b: number): boolean => Math.abs(a) < SMALLEST_NORMAL && Math.abs(b) < SMALLEST_NORMAL;

/**
 * The worst element by the row's rule. NaN must meet NaN and infinities each other. Where values must be equal, ours may be the
 * reference rounded to f32. `skip` leaves out elements.
 */
export function compareGolden(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  {
    mode,
    tolerance,
    skip = () => false,
  }: { mode: CompareMode; tolerance?: number | undefined; skip?: (index: number) => boolean },
): GoldenDeviation {
  const allowed = boundOf(mode, tolerance);
  let worst: GoldenDeviation = { fraction: 0, index: -1, actual: 0, expected: 0, error: 0, bound: 0 };
  for (let index = 0; index < expected.length; index++) {
    const [a, e] = [actual[index] as number, expected[index] as number];
    const bound = allowed(e);
    const isEqual = a === e || (a !== a && e !== e) || a === Math.fround(e) || (mode === "float32" && areBothTiny(a, e));
    if (isEqual || skip(index)) continue;
    const error = Number.isFinite(a - e) ? Math.abs(a - e) : Number.POSITIVE_INFINITY;
    const fraction = bound > 0 ? error / bound : Number.POSITIVE_INFINITY;
    if (fraction > worst.fraction) worst = { fraction, index, actual: a, expected: e, error, bound };
  }
  return worst;
}
