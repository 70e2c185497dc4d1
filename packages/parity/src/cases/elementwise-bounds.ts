import type { ElementwiseName, Params } from "@vertebra/core";
import { broadcastIndex } from "../reference/indexing";
import { type BoundContext, exactly, type Tolerance, within } from "../tolerance";
import { activationBounds } from "./activation-bounds";
import { type ElementBound, expUlps, logError } from "./element-bound";

const EXACT: ElementBound = { reason: "selects or compares; nothing is rounded", error: "exact" };
const ulps = (count: number, reason: string): ElementBound => ({ reason, error: ({ y }) => count * Math.abs(y) });

function powError({ y, a, b }: { y: number; a: number; b: number }): number {
  if (a === 0 || b === 0 || y === 0) return Math.abs(y);
  const log2 = Math.abs(Math.log2(Math.abs(a)));
  const exponent = Math.abs(b) * log2;
  const ofLog = Math.abs(b) * Math.max(4, 3 * log2) + exponent;
  return Math.abs(y) * (3 + 2 * exponent + Math.LN2 * ofLog);
}

const BOUNDS: { readonly [K in ElementwiseName]: ElementBound } = {
  ...activationBounds,
  neg: EXACT,
  abs: EXACT,
  sign: EXACT,
  floor: EXACT,
  isNan: EXACT,
  maximum: EXACT,
  minimum: EXACT,
  equal: EXACT,
  notEqual: EXACT,
  greater: EXACT,
  greaterEqual: EXACT,
  less: EXACT,
  lessEqual: EXACT,
  where: EXACT,
  add: ulps(1, "one rounding"),
  sub: ulps(1, "one rounding"),
  mul: ulps(1, "one rounding"),
  div: ulps(2.5, "WGSL division"),
  exp: { reason: "WGSL exp: 3 + 2|x| ULP", error: ({ y, a }) => expUlps(a) * y },
  log: { reason: "WGSL log: 2⁻²¹ absolute in [1/2, 2], else 3 ULP", error: ({ a }) => logError(a) },
  sqrt: ulps(4.5, "WGSL sqrt as 1 / inverseSqrt: 2 and 2.5 ULP"),
  rsqrt: ulps(2, "WGSL inverseSqrt"),
  pow: { reason: "WGSL pow as exp2(b · log2 a) with the errors of both", error: powError },
  erf: {
    reason: "1 − e^(−x²) · p(x): 4 ULP and exp's error on the tail",
    error: ({ y, a }) => 4 * Math.abs(y) + expUlps(a * a) * (1 - Math.abs(y)) * (Math.abs(a) > 0.5 ? 1 : 0),
  },
};

const toTolerance = ({ reason, error }: ElementBound): Tolerance<Params> => ({
  reason,
  bounds: (context) => {
    const y = context.results[0] as NonNullable<(typeof context.results)[0]>;
    if (error === "exact") return [exactly(y)];
    const [a, b] = arguments_(context);
    const ulp = 2 * context.rounding;
    return [within(y, (i) => ulp * error({ y: y.at(i), a: a?.(i) ?? 0, b: b?.(i) ?? 0, params: context.attrs }), context)];
  },
});

/** What each argument has at an element of the result. */
const arguments_ = ({ inputs, results }: BoundContext<Params>): ((i: number) => number)[] =>
  inputs.map((input) => {
    const index = broadcastIndex(input.shape, results[0]?.shape ?? []);
    return (i) => input.at(index[i] as number);
  });

export const elementwiseTolerances = Object.fromEntries(
  Object.entries(BOUNDS).map(([name, row]) => [name, toTolerance(row)]),
) as {
  readonly [K in ElementwiseName]: Tolerance<Params>;
};
