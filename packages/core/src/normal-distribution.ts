/*
 * The normal distribution from + − × ÷ √ alone. Math.log, exp and cos differ in the last bits between engines; these
 * operations don't (IEEE 754), so initial weights are the same bits everywhere.
 */

/**
 * Φ⁻¹(p) of the standard normal distribution for 0 < p < 1, with a relative error of about 1e-16; Φ⁻¹(1 − p) = −Φ⁻¹(p) exactly.
 * Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (q >= -0.425 && q <= 0.425) return ratio(CENTRAL, 0.180625 - q * q, q);
  const r = Math.sqrt(-logarithm(q < 0 ? p : 1 - p));
  const x = r <= 5 ? ratio(MIDDLE, r - 1.6) : ratio(TAIL, r - 5);
  return q < 0 ? -x : x;
}

/**
 * Φ(x) of the standard normal distribution, with an absolute error of about 1e-16.
 * Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + x⁷/(3·5·7) + …).
 * Source: Marsaglia, "Evaluating the normal distribution", Journal of Statistical Software 11 (2004).
 */
export function normalCdf(x: number): number {
  // Beyond this, Φ is 0 or 1 to the last bit that is left after adding ½.
  if (x <= -8.3) return 0;
  if (x >= 8.3) return 1;
  if (Number.isNaN(x)) return x;
  let term = x;
  let sum = x;
  for (let n = 3; sum + term !== sum; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + (sum * exponential(-0.5 * x * x)) / SQRT_2_PI;
}

const SQRT_2_PI = 2.5066282746310002;
const LN_2 = 0.6931471805599453;

/** ln x for 0 < x ≤ 1: ln(m·2ᵉ) = e·ln 2 + 2·artanh((m − 1)/(m + 1)), √½ ≤ m < √2, by artanh's series up to s²³ (s < 0.172). */
function logarithm(x: number): number {
  let [mantissa, exponent] = [x, 0];
  for (; mantissa < 2 ** -8; exponent -= 8) mantissa *= 2 ** 8;
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2;
  const s = (mantissa - 1) / (mantissa + 1);
  let sum = 0;
  for (let n = 23; n > 0; n -= 2) sum = sum * s * s + 1 / n;
  return exponent * LN_2 + 2 * s * sum;
}

/** eˣ for −40 < x ≤ 0: 2ᵏ·eʳ with |r| ≤ ½ ln 2, by the Taylor series up to r¹⁷. */
function exponential(x: number): number {
  const k = Math.floor(x / LN_2 + 0.5);
  const r = x - k * LN_2;
  let sum = 1;
  for (let n = 17; n > 0; n--) sum = 1 + (sum * r) / n;
  for (let i = 0; i < -k; i++) sum /= 2;
  return sum;
}

/** Two polynomials of degree 7, highest power first. */
type Rational = readonly [numerator: Degree7, denominator: Degree7];
type Degree7 = readonly [number, number, number, number, number, number, number, number];

const ratio = ([numerator, denominator]: Rational, r: number, scale = 1): number =>
  (horner(numerator, r) * scale) / horner(denominator, r);

// Unrolled: half of what a normal costs is spent here.
const horner = (c: Degree7, r: number): number =>
  ((((((c[0] * r + c[1]) * r + c[2]) * r + c[3]) * r + c[4]) * r + c[5]) * r + c[6]) * r + c[7];

// Coefficients of AS 241 (PPND16), highest power first, to the digits that a double holds.
const CENTRAL: Rational = [
  [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
];
const MIDDLE: Rational = [
  [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691,
    4.630337846156546, 1.4234371107496835,
  ],
  [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038,
    2.053191626637759, 1,
  ],
];
const TAIL: Rational = [
  [
    2.0103343992922881e-7, 2.7115555687434876e-5, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487,
    1.7848265399172913, 5.463784911164114, 6.657904643501103,
  ],
  [
    2.0442631033899397e-15, 1.421511758316446e-7, 1.8463183175100548e-5, 0.0007868691311456133, 0.014875361290850615,
    0.1369298809227358, 0.599832206555888, 1,
  ],
];
