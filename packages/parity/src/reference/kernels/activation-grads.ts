import { normalCdf, normalDensity } from "../error-function";
import { geluInner, mishGate, sigmoidOf } from "./activations";
import type { Row } from "./elementwise";

/** Derivatives of activations times dy. What they give at the kinks and at NaN is PyTorch's. */
export const activationGrads = {
  reluGrad: () => (y, dy) => (y <= 0 ? 0 : dy),
  relu6Grad: () => (x, dy) => (x <= 0 || x >= 6 ? 0 : dy),
  leakyReluGrad:
    ({ negativeSlope = 0.01 }) =>
    (x, dy) =>
      x > 0 ? dy : dy * negativeSlope,
  eluGrad:
    ({ alpha = 1 }) =>
    (x, dy) =>
      x <= 0 ? dy * alpha * Math.exp(x) : dy,
  sigmoidGrad: () => (y, dy) => y * (1 - y) * dy,
  tanhGrad: () => (y, dy) => (1 - y * y) * dy,
  softplusGrad:
    ({ beta = 1, threshold = 20 }) =>
    (x, dy) =>
      beta * x > threshold ? dy : sigmoidOf(beta * x) * dy,
  siluGrad: () => (x, dy) => {
    const s = sigmoidOf(x);
    return s * (1 + x * (1 - s)) * dy;
  },
  mishGrad: () => (x, dy) => {
    const t = mishGate(x);
    return (t + x * sigmoidOf(x) * (1 - t * t)) * dy;
  },
  geluGrad: () => (x, dy) => (normalCdf(x) + x * normalDensity(x)) * dy,
  geluTanhGrad: () => (x, dy) => {
    const t = Math.tanh(geluInner(x));
    const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
    return ((1 + t) / 2 + (x / 2) * (1 - t * t) * slope) * dy;
  },
  hardsigmoidGrad: () => (x, dy) => (x > -3 && x < 3 ? dy / 6 : 0),
  hardswishGrad: () => (x, dy) => {
    if (x < -3) return 0;
    return x <= 3 ? dy * (x / 3 + 0.5) : dy;
  },
  clampGrad:
    ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }) =>
    (x, dy) =>
      x >= min && x <= max ? dy : 0,
} satisfies Record<string, Row>;
