import { erf, normalCdf, normalDensity } from "../reference/error-function";
import { geluInner, mishGate, sigmoidOf } from "../reference/kernels/activations";
import { type ElementBound, expUlps, logError } from "./element-bound";

const { abs, exp, log1p, sqrt, tanh, PI, SQRT1_2 } = Math;
const EXACT: ElementBound = { reason: "selects; nothing is rounded", error: "exact" };

/*
 * Errors in units of 2u, propagated to first order through the formula each activation is defined by. A function that
 * subtracts (1 + erf, 1 − y²) has an absolute error where its result is small; so has PyTorch.
 */

/** Relative, of 1 / (1 + e⁻ˣ): sum and quotient, and exp's error as far as it counts. */
const sigmoidUlps = (x: number): number => 3.5 + (1 - sigmoidOf(x)) * expUlps(x);
/** Absolute, of tanh(x) as 1 − 2 / (e²ˣ + 1), by polynomial below 1/2. */
const tanhError = (x: number): number => 5 * abs(tanh(x)) + (abs(x) > 0.5 ? 0.5 * (1 - tanh(x) ** 2) * expUlps(2 * x) : 0);
/** Absolute, of max(x, 0) + log(1 + e^−|x|). */
function softplusError(x: number): number {
  const power = exp(-abs(x));
  return logError(1 + power) + (power / (1 + power)) * expUlps(x) + 1 + log1p(exp(-abs(x))) + 2 * Math.max(x, 0);
}
const erfError = (z: number): number => 4 * abs(erf(z)) + expUlps(z * z) * (1 - abs(erf(z)));
/** Absolute, of (1 + erf(x/√2)) / 2, with the rounding of x/√2. */
const cdfError = (x: number): number => 0.5 * erfError(x * SQRT1_2) + abs(x) * normalDensity(x) * 2 + 2;
/** Absolute, of tanh(softplus(x)). */
const mishGateError = (x: number): number =>
  (1 - mishGate(x) ** 2) * softplusError(x) + tanhError(Math.max(x, 0) + log1p(exp(-abs(x)))) + mishGate(x);
/** Absolute, of tanh(√(2/π)(x + 0.044715 x³)), with five roundings inside. */
const geluGateError = (x: number): number => tanhError(geluInner(x)) + (1 - tanh(geluInner(x)) ** 2) * abs(geluInner(x)) * 5;

const hardsigmoidError = (x: number): number => (3.5 * abs(x)) / 6 + 1.5;

export const activationBounds = {
  relu: EXACT,
  relu6: EXACT,
  clamp: EXACT,
  reluGrad: EXACT,
  relu6Grad: EXACT,
  clampGrad: EXACT,
  tanh: { reason: "1 − 2 / (e²ˣ + 1), by polynomial below 1/2", error: ({ a }) => tanhError(a) },
  sigmoid: { reason: "exp, sum and quotient", error: ({ a, y }) => sigmoidUlps(a) * y },
  leakyRelu: { reason: "slope and product", error: ({ y }) => 2 * abs(y) },
  elu: {
    reason: "alpha · (eˣ − 1), as PyTorch writes it",
    error: ({ a, y, params: { alpha = 1 } }) => (a > 0 ? 0 : abs(alpha) * (exp(a) * expUlps(a) + 1) + 2 * abs(y)),
  },
  softplus: {
    reason: "max(x, 0) + log(1 + e^−|x|): WGSL has no log1p",
    error: ({ a, y, params: { beta = 1 } }) => softplusError(beta * a) / beta + (3.5 + abs(beta * a)) * abs(y),
  },
  silu: { reason: "x · sigmoid(x)", error: ({ a, y }) => (1 + sigmoidUlps(a)) * abs(y) },
  mish: { reason: "x · tanh(softplus(x))", error: ({ a, y }) => abs(a) * mishGateError(a) + abs(y) },
  gelu: { reason: "x · (1 + erf(x/√2)) / 2", error: ({ a, y }) => abs(a) * cdfError(a) + abs(y) },
  geluTanh: { reason: "x/2 · (1 + tanh(…))", error: ({ a, y }) => (abs(a) / 2) * (geluGateError(a) + 2) + 2 * abs(y) },
  hardsigmoid: { reason: "x/6 + 1/2", error: ({ a }) => (abs(a) > 3.001 ? 0 : hardsigmoidError(a)) },
  hardswish: {
    reason: "x · (x/6 + 1/2)",
    error: ({ a, y }) => (abs(a) > 3.001 ? 0 : abs(a) * hardsigmoidError(a)) + 3.5 * abs(y),
  },
  leakyReluGrad: { reason: "slope and product", error: ({ y }) => 2 * abs(y) },
  eluGrad: { reason: "exp and two products", error: ({ a, y }) => (expUlps(a) + 3) * abs(y) },
  sigmoidGrad: { reason: "three roundings", error: ({ y }) => 3 * abs(y) },
  tanhGrad: { reason: "1 − y² and a product", error: ({ a, b, y }) => a * a * abs(b) + 2 * abs(y) },
  softplusGrad: {
    reason: "sigmoid(beta · x) · dy",
    error: ({ a, y, params: { beta = 1 } }) => (sigmoidUlps(beta * a) + abs(beta * a) + 2) * abs(y),
  },
  siluGrad: {
    reason: "s · (1 + x · (1 − s)) · dy",
    error: ({ a, b }) => {
      const [s, relative] = [sigmoidOf(a), sigmoidUlps(a)];
      return abs(b) * s * ((1 + abs(a) * (1 - s)) * (relative + 4) + abs(a) * (s * relative + 1));
    },
  },
  mishGrad: {
    reason: "(t + x · s · (1 − t²)) · dy",
    error: ({ a, b }) => {
      const [t, s, ofGate] = [mishGate(a), sigmoidOf(a), mishGateError(a)];
      return abs(b) * (ofGate + t + abs(a) * s * ((1 - t * t) * (sigmoidUlps(a) + 4) + 2 * t * ofGate + 1));
    },
  },
  geluGrad: {
    reason: "(Φ(x) + x · φ(x)) · dy",
    error: ({ a, b, y }) =>
      abs(b) * (cdfError(a) + abs(a) * normalDensity(a) * (expUlps((a * a) / 2) + a * a + 4)) +
      2 * abs(y) +
      abs(b) * normalCdf(a),
  },
  geluTanhGrad: {
    reason: "((1 + t) / 2 + x/2 · (1 − t²) · slope) · dy",
    error: ({ a, b, y }) => {
      const [t, ofGate] = [tanh(geluInner(a)), geluGateError(a)];
      const slope = sqrt(2 / PI) * (1 + 3 * 0.044715 * a * a);
      return abs(b) * (ofGate / 2 + 1 + (abs(a) / 2) * slope * (2 * abs(t) * ofGate + 1 + (1 - t * t) * 5)) + 2 * abs(y);
    },
  },
  hardsigmoidGrad: { reason: "dy / 6", error: ({ y }) => 2.5 * abs(y) },
  hardswishGrad: {
    reason: "(x/3 + 1/2) · dy",
    error: ({ a, b, y }) => (abs(a) > 3.001 ? 0 : abs(b) * ((3.5 * abs(a)) / 3 + 1.5)) + abs(y),
  },
} satisfies Record<string, ElementBound>;
