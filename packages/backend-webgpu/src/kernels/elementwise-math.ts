/**
 * Functions that elementwise expressions call, as WGSL. WGSL's own `tanh` and `pow` promise less than is needed near 0, and it
 * has no `erf`. Polynomials as in the cpu backend's math.h: Cephes' tanhf, and N. Juffa's "More accurate erff".
 */
export const ELEMENTWISE_MATH = /* wgsl */ `
fn isNanBits(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

// WGSL's max and min may drop a NaN; here it wins.
fn larger(a: f32, b: f32) -> f32 { return select(select(b, a, a > b), a, isNanBits(a)); }
fn smaller(a: f32, b: f32) -> f32 { return select(select(b, a, a < b), a, isNanBits(a)); }

// WGSL's log of a negative number is anything; here it is NaN, made of the number's own bits.
fn logOf(x: f32) -> f32 { return select(log(x), bitcast<f32>(bitcast<u32>(x) | 0x7fc00000u), x < 0.0f); }

fn tanhOf(x: f32) -> f32 {
  let a = abs(x);
  let z = x * x;
  var p = -5.70498872745e-3f;
  p = fma(p, z, 2.06390887954e-2f);
  p = fma(p, z, -5.37397155531e-2f);
  p = fma(p, z, 1.33314422036e-1f);
  p = fma(p, z, -3.33332819422e-1f);
  let far = 1.0f - 2.0f / (exp(min(a + a, 80.0f)) + 1.0f);
  return select(select(far, -far, x < 0.0f), fma(p * z, x, x), a < 0.625f);
}

fn erfOf(x: f32) -> f32 {
  let a = abs(x);
  let z = x * x;
  var p = -5.96761703e-4f;
  p = fma(p, z, 4.99119423e-3f);
  p = fma(p, z, -2.67681349e-2f);
  p = fma(p, z, 1.12819925e-1f);
  p = fma(p, z, -3.76125336e-1f);
  p = fma(p, z, 1.28379166e-1f);
  let t = min(a, 4.0f); // erf 4 rounds to 1
  let s = t * t;
  var q = fma(-1.72853470e-5f, t, 3.83197126e-4f);
  q = fma(q, s, fma(-3.88396438e-3f, t, 2.42546219e-2f));
  q = fma(q, t, -1.06777877e-1f);
  q = fma(q, t, -6.34846687e-1f);
  q = fma(q, t, -1.28717512e-1f);
  q = fma(q, t, -t);
  let far = 1.0f - exp(q);
  return select(fma(p, x, x), select(far, -far, x < 0.0f), a > 0.927734375f);
}

// As eˣ / (1 + eˣ) for x < 0, where e⁻ˣ would carry its error into the sum.
fn sigmoidOf(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(1.0f, e, x < 0.0f) / (1.0f + e);
}

// log(1 + u) for u in [0, 1]: 2 artanh(s) with s = u / (2 + u) ≤ 1/3.
fn log1pOf(u: f32) -> f32 {
  let s = u / (2.0f + u);
  let z = s * s;
  var p = 1.0f / 15.0f;
  p = fma(p, z, 1.0f / 13.0f);
  p = fma(p, z, 1.0f / 11.0f);
  p = fma(p, z, 1.0f / 9.0f);
  p = fma(p, z, 1.0f / 7.0f);
  p = fma(p, z, 0.2f);
  p = fma(p, z, 1.0f / 3.0f);
  return fma((s + s) * z, p, s + s);
}

// log(1 + eᶻ) for any z without overflow.
fn softplusOf(z: f32) -> f32 { return max(z, 0.0f) + log1pOf(exp(-abs(z))); }

// tanh(softplus(x)) = m / (m + 2) with m = eˣ (eˣ + 2). Past 30 it is 1.
fn mishGate(x: f32) -> f32 {
  let e = exp(min(x, 30.0f));
  let m = e * (e + 2.0f);
  return m / (m + 2.0f);
}

// t + x · s · (1 − t²), where 1 − t² = 4 (m + 1) / (m + 2)².
fn mishSlope(x: f32) -> f32 {
  let e = exp(min(x, 30.0f));
  let m = e * (e + 2.0f);
  let r = 1.0f / (m + 2.0f);
  let slope = m * r + x * (e / (1.0f + e)) * (4.0f * ((m + 1.0f) * r) * r);
  return select(slope, 1.0f, x > 30.0f);
}

fn siluSlope(x: f32) -> f32 {
  let e = exp(-abs(x));
  let large = 1.0f / (1.0f + e);
  let small = e * large;
  let s = select(large, small, x < 0.0f);
  let rest = select(small, large, x < 0.0f);
  return s * (1.0f + x * rest);
}

// Φ of the normal distribution.
fn cdfOf(x: f32) -> f32 { return 0.5f * (1.0f + erfOf(x * 0.70710678f)); }
fn densityOf(x: f32) -> f32 { return 0.39894228f * exp(-0.5f * (x * x)); }

fn geluGate(x: f32) -> f32 { return tanhOf(0.79788456f * (x + 0.044715f * (x * x * x))); }
fn geluTanhSlope(x: f32) -> f32 {
  let t = geluGate(x);
  let inner = 0.79788456f * (1.0f + 3.0f * 0.044715f * (x * x));
  return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner;
}

// xʸ = exp2(y · log2 |x|), negative for x < 0 and odd y; squares are most of what it is used for.
fn powOf(x: f32, y: f32) -> f32 {
  if (y == 2.0f) { return x * x; }
  if (y == 1.0f) { return x; }
  if (y == 0.0f || x == 1.0f) { return 1.0f; }
  let size = exp2(y * log2(abs(x)));
  let isOdd = trunc(y) == y && abs(y) < 16777216.0f && (i32(y) & 1) == 1;
  return select(size, -size, x < 0.0f && isOdd);
}
`;
