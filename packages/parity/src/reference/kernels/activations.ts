import { erf, normalCdf } from "../error-function";
import type { Row } from "./elementwise";

export const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));
/** tanh(softplus(x)), the gate of mish. */
export const mishGate = (x: number): number => Math.tanh(Math.log1p(Math.exp(x)));
/** Inner function of GELU's tanh form: √(2/π)(x + 0.044715 x³). */
export const geluInner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const clampTo = (x: number, min: number, max: number): number => Math.min(Math.max(x, min), max);

/** Activations, as PyTorch's CPU computes them; NaN stays NaN throughout. */
export const activations = {
  erf: () => erf,
  tanh: () => Math.tanh,
  sigmoid: () => sigmoidOf,
  relu: () => (x) => Math.max(x, 0),
  relu6: () => (x) => clampTo(x, 0, 6),
  leakyRelu:
    ({ negativeSlope = 0.01 }) =>
    (x) =>
      x > 0 ? x : negativeSlope * x,
  elu:
    ({ alpha = 1 }) =>
    (x) =>
      x > 0 ? x : alpha * Math.expm1(x),
  softplus:
    ({ beta = 1, threshold = 20 }) =>
    (x) =>
      beta * x > threshold ? x : Math.log1p(Math.exp(beta * x)) / beta,
  silu: () => (x) => x * sigmoidOf(x),
  mish: () => (x) => x * mishGate(x),
  gelu: () => (x) => x * normalCdf(x),
  geluTanh: () => (x) => (x / 2) * (1 + Math.tanh(geluInner(x))),
  hardsigmoid: () => (x) => clampTo(x + 3, 0, 6) / 6,
  hardswish: () => (x) => (x * clampTo(x + 3, 0, 6)) / 6,
  clamp:
    ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }) =>
    (x) =>
      clampTo(x, min, max),
} satisfies Record<string, Row>;
