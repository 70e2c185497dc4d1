/**
 * erf(x) to full double precision. Below 2 by its series with positive terms, 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n + 1));
 * above by 1 − erfc. Source: Abramowitz & Stegun 7.1.6.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 2 || x !== x) return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/**
 * 1 − erf(x) without cancellation: from 2 on by its continued fraction e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))),
 * evaluated from the far end. Source: Abramowitz & Stegun 7.1.14.
 */
export function erfc(x: number): number {
  if (x < 2) return 1 - erf(x);
  if (x === Number.POSITIVE_INFINITY) return 0;
  let tail = x;
  for (let n = 120; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}

/** Φ(x), the standard normal distribution. */
export const normalCdf = (x: number): number => erfc(-x * Math.SQRT1_2) / 2;

/** φ(x), its density. */
export const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
