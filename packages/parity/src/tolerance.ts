import type { Shape } from "@vertebra/core";
import type { Values } from "./reference/values";

/** The arithmetic that a bound is for. */
export interface Precision {
  /** Largest relative error of one rounding, u = 2⁻²⁴ for f32. */
  readonly rounding: number;
  /** Smallest normal number: results below it may be flushed to 0. */
  readonly smallest: number;
  /** Largest finite number: results above it are infinite. */
  readonly largest: number;
  /** Longest sum that a kernel makes one term after the other before it adds partial sums pairwise. */
  readonly block: number;
}

export const PRECISIONS: { readonly [K in "f32" | "f64"]: Precision } = {
  f32: { rounding: 2 ** -24, smallest: 2 ** -126, largest: 3.4028234663852886e38, block: 512 },
  f64: { rounding: 2 ** -53, smallest: 2 ** -1022, largest: Number.MAX_VALUE, block: 512 },
};

export interface BoundContext<Attrs> extends Precision {
  readonly attrs: Attrs;
  readonly inputs: readonly Values[];
  /** What the reference gives: the results, then the arguments that were overwritten. */
  readonly results: readonly Values[];
  /** Results of the same op on other arguments: Σ|terms| is what a sum gives on absolute values. */
  evaluate(inputs: readonly Values[], attrs?: Attrs): readonly Values[];
}

/** Absolute errors, element by element. */
export interface Bound {
  /** No error may be larger. */
  readonly max: Float64Array;
  /** Of sums: the root mean square that independent roundings give. The errors' rms over a result may not be larger. */
  readonly rms?: Float64Array | undefined;
  /** Of sums: what roundings are likely to give, for how far a whole model may be away. */
  readonly typical?: () => Float64Array;
}

/** How far a device may be from the reference, and why. One bound per result. */
export interface Tolerance<Attrs> {
  readonly reason: string;
  readonly bounds: (context: BoundContext<Attrs>) => readonly Bound[];
}

/** Nothing may differ. */
export const exactly = (result: Values): Bound => ({ max: new Float64Array(result.data.length) });

/** For ops that move, compare or select: not a bit may differ. */
export const exact = (reason: string): Tolerance<unknown> => ({ reason, bounds: ({ results }) => results.map(exactly) });

/** A bound on every element. */
export const within = (result: Values, error: (i: number) => number, { smallest }: Precision): Bound => ({
  max: result.data.map((_, i) => error(i) + smallest),
});

/** Roundings that a sum of `terms` numbers goes through: one per term of a block, then one per level of the tree over blocks. */
export const sumDepth = (terms: number, block: number): number => (terms <= block ? terms : block + Math.log2(terms / block));

/**
 * Bound of a sum of products: (depth + extra) · u · Σ|terms|, depth = b + log₂(k / b). Independent roundings of ± u on partial
 * sums no larger than Σ|terms| add up to √(depth + extra) · u / √3 in the rms. Source: Higham 2002, sections 3.1 and 4.2.
 */
export function sumBound(magnitudes: Values, terms: number, precision: Precision, extra = 1): Bound {
  const { rounding, smallest, block } = precision;
  const depth = sumDepth(terms, block) + extra;
  return {
    max: magnitudes.data.map((magnitude) => depth * rounding * magnitude + smallest),
    rms: magnitudes.data.map((magnitude) => Math.sqrt(depth / 3) * rounding * magnitude + smallest),
  };
}

interface SumOptions {
  /** Roundings beside those of the sum. Default: 1, the product's. */
  readonly extra?: number;
  /** How many of the arguments, from the first, are multiplied: others are indices. Default: all. */
  readonly factors?: number;
}

/** For ops that are one sum of products per element: Σ|terms| is the op on absolute values, Σ terms² the op on squares. */
export function sums<Attrs>(
  reason: string,
  terms: (context: BoundContext<Attrs>) => number,
  { extra = 1, factors = Number.POSITIVE_INFINITY }: SumOptions = {},
): Tolerance<Attrs> {
  return {
    reason,
    bounds: (context) => {
      const evaluated = (fn: (value: number) => number) =>
        once(() => context.evaluate(context.inputs.map((input, i) => (i < factors ? input.map(fn) : input))));
      const magnitudes = evaluated(Math.abs);
      const squares = evaluated((value) => value * value);
      return context.results.map((y, i) => {
        const bound = once(() => sumBound(magnitudes()[i] as Values, terms(context), context, extra));
        const typical = () =>
          typicalSumError(y, squares()[i] as Values, sumDepth(terms(context), context.block) + extra, context);
        return {
          get max() {
            return bound().max;
          },
          get rms() {
            return bound().rms;
          },
          typical,
        };
      });
    },
  };
}

/**
 * Terms of random signs have partial sums of about √(Σ terms²), terms of one sign of up to |y|: each of `depth` roundings is ± u
 * on that.
 */
const typicalSumError = (y: Values, squares: Values, depth: number, { rounding, smallest }: Precision): Float64Array =>
  y.data.map((value, i) => Math.sqrt((depth / 3) * (value * value + squares.at(i))) * rounding + smallest);

/** `make` run at the first call only. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Product of some of a shape's sizes. */
export const sizeOver = (shape: Shape, axes: readonly number[]): number =>
  axes.reduce((product, axis) => product * (shape[axis] as number), 1);
