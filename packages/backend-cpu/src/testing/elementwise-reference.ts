import type { ElementwiseName } from "@vertebra/core";

export type Params = Readonly<Record<string, number>>;

export interface Reference {
  /** The value in f64; PyTorch's where it isn't plain mathematics. */
  readonly f: (a: number, b: number, params: Params) => number;
  /** How far f32 may be from `y` = f(a, b). */
  readonly error: (y: number, a: number, b: number, params: Params) => number;
  readonly params?: readonly Params[];
  /** b, a gradient, must be finite: the slope may come out as 0, and 0 · ∞ is NaN. */
  readonly needsFiniteB?: boolean;
}

const EPS = 2 ** -23;
/** Results below the smallest normal number may come out as 0. */
const TINY = 2 ** -126;

const exact = () => 0;
/** One rounding of the result, subnormal ones too. */
const rounded = (y: number) => (EPS / 2) * Math.abs(y) + 2 ** -150;
const ulps = (n: number) => (y: number) => n * EPS * Math.abs(y) + TINY;

const { exp, sqrt, tanh, log1p, abs, PI } = Math;
const sigmoid = (x: number) => 1 / (1 + exp(-x));
const softplus = (x: number) => Math.max(x, 0) + log1p(exp(-abs(x)));
const cdf = (x: number) => 0.5 * erfc(-x / Math.SQRT2);
const pdf = (x: number) => exp((-x * x) / 2) / sqrt(2 * PI);
const geluArgument = (x: number) => sqrt(2 / PI) * (x + 0.044715 * x * x * x);
const geluArgumentSlope = (x: number) => sqrt(2 / PI) * (1 + 3 * 0.044715 * x * x);
const clampTo = (x: number, low: number, high: number) => (x !== x ? x : Math.min(Math.max(x, low), high));
const whole = (test: boolean) => (test ? 1 : 0);

/** erf by the series of positive terms e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!; erfc by its continued fraction from 2 on. */
function erf(x: number): number {
  if (x !== x) return x;
  if (abs(x) >= 2) return Math.sign(x) * (1 - erfc(abs(x)));
  let [term, total] = [x, x];
  for (let n = 1; n < 100; n++) total += term *= (2 * x * x) / (2 * n + 1);
  return (2 / sqrt(PI)) * exp(-x * x) * total;
}

function erfc(x: number): number {
  if (x !== x) return x;
  if (x < 2) return x <= -2 ? 2 - erfc(-x) : 1 - erf(x);
  if (x > 30) return 0;
  let fraction = x;
  for (let n = 100; n > 0; n--) fraction = x + n / 2 / fraction;
  return exp(-x * x) / sqrt(PI) / fraction;
}

const mishSlope = (x: number) => {
  const t = tanh(softplus(x));
  const curve = x > 20 ? 4 * exp(-2 * x) : 1 - t * t;
  return [t, x * sigmoid(x) * curve] as const;
};
const siluSlope = (x: number) => [sigmoid(x), x * sigmoid(x) * sigmoid(-x)] as const;
const geluTanhSlope = (x: number) => {
  const u = 2 * geluArgument(x);
  return [sigmoid(u), x * sigmoid(u) * sigmoid(-u) * 2 * geluArgumentSlope(x)] as const;
};

/** dy · (first + second), where each term has some ULPs of error and they may cancel. */
const slopeTimes = (slope: (x: number) => readonly [number, number], n: (x: number) => number): Reference => ({
  needsFiniteB: true,
  f: (x, dy) => dy * (slope(x)[0] + slope(x)[1]),
  error: (_, x, dy) => n(x) * EPS * abs(dy) * (abs(slope(x)[0]) + abs(slope(x)[1])) + TINY * (1 + abs(dy) * 1e3),
});

const slopes: readonly Params[] = [{ negativeSlope: 0.01 }, { negativeSlope: 0.25 }];
const alphas: readonly Params[] = [{ alpha: 1 }, { alpha: 0.3 }];
const softplusParams: readonly Params[] = [
  { beta: 1, threshold: 20 },
  { beta: 2.5, threshold: 5 },
  { beta: 0.5, threshold: 1000 },
];
const bounds: readonly Params[] = [
  { min: -1, max: 2 },
  { min: Number.NEGATIVE_INFINITY, max: 0.5 },
  { min: 0, max: Number.POSITIVE_INFINITY },
];
/** A number of f32, as kernels get params. */
const p = (params: Params, name: string) => Math.fround(params[name] as number);

export const REFERENCES: { readonly [K in Exclude<ElementwiseName, "where">]: Reference } = {
  neg: { f: (x) => -x, error: exact },
  abs: { f: abs, error: exact },
  sign: { f: Math.sign, error: exact },
  floor: { f: Math.floor, error: exact },
  exp: { f: exp, error: ulps(2.2) },
  log: { f: Math.log, error: ulps(2.2) },
  sqrt: { f: sqrt, error: rounded },
  rsqrt: { f: (x) => 1 / sqrt(x), error: ulps(1.5) },
  erf: { f: erf, error: ulps(2.2) },
  tanh: { f: tanh, error: ulps(2.2) },
  sigmoid: { f: sigmoid, error: ulps(2.2) },
  relu: { f: (x) => Math.max(x, 0), error: exact },
  relu6: { f: (x) => clampTo(x, 0, 6), error: exact },
  leakyRelu: { f: (x, _, params) => (x > 0 ? x : x * p(params, "negativeSlope")), error: rounded, params: slopes },
  // eˣ − 1 has the absolute error of eˣ, as in PyTorch.
  elu: {
    f: (x, _, params) => (x > 0 ? x : p(params, "alpha") * Math.expm1(x)),
    error: (y, x) => (x > 0 ? 0 : ulps(1)(y) + 1.5 * EPS * exp(x)),
    params: alphas,
  },
  softplus: {
    f: (x, _, params) => {
      const z = Math.fround(x * p(params, "beta"));
      return z > p(params, "threshold") ? x : softplus(z) / p(params, "beta");
    },
    error: ulps(4),
    params: softplusParams,
  },
  // e⁻ˣ is infinite below −88.7, as in PyTorch, where the value is 3e-37.
  silu: { f: (x) => x / (1 + exp(-x)), error: (y) => ulps(4)(y) + 1e-36 },
  mish: { f: (x) => x * tanh(softplus(x)), error: ulps(8) },
  // 1 + erf has the absolute error of its largest term, as in PyTorch.
  gelu: {
    f: (x) => x * cdf(x),
    error: (y, x) => ulps(3)(y) + (x === x && abs(x) < Number.POSITIVE_INFINITY ? 1.5 * EPS * abs(x) : 0),
  },
  // 1 + tanh has the absolute error of its largest term, as in PyTorch.
  geluTanh: {
    f: (x) => x * sigmoid(2 * geluArgument(x)),
    error: (y, x) => ulps(3)(y) + (x === x && abs(x) < Number.POSITIVE_INFINITY ? 1.5 * EPS * abs(x) : 0),
  },
  hardsigmoid: { f: (x) => clampTo(x + 3, 0, 6) / 6, error: ulps(1) },
  hardswish: { f: (x) => (x * clampTo(x + 3, 0, 6)) / 6, error: ulps(1.5) },
  clamp: { f: (x, _, params) => clampTo(x, p(params, "min"), p(params, "max")), error: exact, params: bounds },
  isNan: { f: (x) => whole(x !== x), error: exact },

  add: { f: (a, b) => a + b, error: rounded },
  sub: { f: (a, b) => a - b, error: rounded },
  mul: { f: (a, b) => a * b, error: rounded },
  div: { f: (a, b) => a / b, error: rounded },
  pow: { f: power, error: (y) => EPS * abs(y) + 2 ** -149 },
  maximum: { f: (a, b) => Math.max(a, b), error: exact },
  minimum: { f: (a, b) => Math.min(a, b), error: exact },
  equal: { f: (a, b) => whole(a === b), error: exact },
  notEqual: { f: (a, b) => whole(a !== b), error: exact },
  greater: { f: (a, b) => whole(a > b), error: exact },
  greaterEqual: { f: (a, b) => whole(a >= b), error: exact },
  less: { f: (a, b) => whole(a < b), error: exact },
  lessEqual: { f: (a, b) => whole(a <= b), error: exact },

  reluGrad: { f: (y, dy) => (y <= 0 ? 0 : dy), error: exact },
  relu6Grad: { f: (x, dy) => (x <= 0 || x >= 6 ? 0 : dy), error: exact },
  leakyReluGrad: { f: (x, dy, params) => (x > 0 ? dy : dy * p(params, "negativeSlope")), error: rounded, params: slopes },
  eluGrad: {
    needsFiniteB: true,
    f: (x, dy, params) => (x <= 0 ? dy * p(params, "alpha") * exp(x) : dy),
    error: (y, _, dy) => ulps(3.5)(y) + TINY * abs(dy),
    params: alphas,
  },
  sigmoidGrad: { f: (y, dy) => dy * (1 - y) * y, error: ulps(2) },
  tanhGrad: { f: (y, dy) => dy * (1 - y * y), error: (d, y, dy) => ulps(1.5)(d) + EPS * y * y * abs(dy) },
  softplusGrad: {
    needsFiniteB: true,
    f: (x, dy, params) => {
      const z = Math.fround(x * p(params, "beta"));
      return z > p(params, "threshold") ? dy : dy * sigmoid(z);
    },
    error: (y, _, dy) => ulps(3.5)(y) + TINY * abs(dy),
    params: softplusParams,
  },
  siluGrad: slopeTimes(siluSlope, () => 6),
  mishGrad: slopeTimes(mishSlope, () => 12),
  geluGrad: {
    needsFiniteB: true,
    f: (x, dy) => dy * (cdf(x) + x * pdf(x)),
    // 1 + erf has the absolute error of its largest term; e^(−x²/2) its argument's rounding.
    error: (_, x, dy) => EPS * abs(dy) * (1.5 + (4 + Math.min(x * x, 400)) * abs(x * pdf(x))) + TINY * (1 + abs(dy)),
  },
  geluTanhGrad: {
    needsFiniteB: true,
    f: (x, dy) => dy * (geluTanhSlope(x)[0] + geluTanhSlope(x)[1]),
    // 1 + t and 1 − t² have the absolute errors of t.
    error: (y, x, dy) =>
      ulps(3)(y) + EPS * abs(dy) * (1.5 + 3 * Math.min(abs(x * geluArgumentSlope(x)), 50)) + TINY * (1 + abs(dy)),
  },
  hardsigmoidGrad: { f: (x, dy) => (x > -3 && x < 3 ? dy / 6 : 0), error: ulps(1) },
  hardswishGrad: {
    f: (x, dy) => (x < -3 ? 0 : x <= 3 ? dy * (x / 3 + 0.5) : dy),
    // x / 3 + 1/2 may cancel.
    error: (y, x, dy) => ulps(1)(y) + (abs(x) <= 3 ? EPS * abs(dy) : 0),
  },
  clampGrad: { f: (x, dy, params) => (x >= p(params, "min") && x <= p(params, "max") ? dy : 0), error: exact, params: bounds },
};

/** C's pow, which says 1 where JavaScript says NaN: 1^y and (−1)^±∞. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b;
}

const SIZES = [
  0, 1e-40, 1e-20, 1e-7, 1e-3, 0.1, 0.5, 0.7, 1, 1.19, 1.278, 1.5, 2, 2.9999, 3, 4, 5, 6, 7.3, 12, 20, 21, 30, 40, 87, 90, 104,
  200,
];

/** Numbers of all kinds: zeros, subnormals, kinks, where exponentials end, large ones, infinities, NaN. */
export const VALUES: readonly number[] = [
  ...[...SIZES, 1e10, 1e18, Number.POSITIVE_INFINITY].flatMap((size) => [size, -size]),
  Number.NaN,
].map(Math.fround);
