// Vector functions for every float, measured in math.test.ts: vexp, vlog, vtanh, verf and vsigmoid stay within 2 ULP, infinities,
// NaN and overflow as in C; subnormal results may come out as 0. Scalar log64, exp64 and powf32 go through f64. No libm, so that
// every host gives the same bits.
#pragma once
#include "simd.h"

// 2ⁿ for integers n in [−126, 127].
INLINE vf vpow2(vi n) { return (vf)((n + 127) << 23); }

// eˣ: x = n·ln 2 + r with |r| ≤ ln 2 / 2 and ln 2 in two parts (Cody–Waite), then Cephes' expf polynomial in r.
INLINE vf vexp(vf x) {
  vf limited = vmin(vmax(x, vsplat(-104.0f)), vsplat(89.0f));
  vf n = vround(limited * 1.44269504088896341f);
  vf high = limited - n * 0.693359375f, low = n * -2.12194440e-4f;
  vf r = high - low, lost = (high - r) - low;
  vf p = vsplat(1.9875691500e-4f);
  p = vfma(p, r, vsplat(1.3981999507e-3f));
  p = vfma(p, r, vsplat(8.3334519073e-3f));
  p = vfma(p, r, vsplat(4.1665795894e-2f));
  p = vfma(p, r, vsplat(1.6666665459e-1f));
  p = vfma(p, r, vsplat(5.0000001201e-1f));
  p = (r + vfma(p, r * r, lost)) + 1.0f;
  // Two factors, because n reaches 128 and −150.
  vi half = vtoint(n) >> 1;
  vf y = p * vpow2(half) * vpow2(vtoint(n) - half);
  return vselect(x != x, x, y);
}

// ln x: x = 2ᵉ·m with m in [√½, √2), then Cephes' logf polynomial in m − 1. ln 0 = −∞, ln of less is NaN.
INLINE vf vlog(vf x) {
  vi isSmall = x < 1.17549435e-38f;
  vf scaled = vselect(isSmall, x * 8388608.0f, x);
  vi bits = vbits(scaled);
  vi e = ((bits >> 23) & 0xff) - 126 - (isSmall & 23);
  vf m = vfrombits((bits & 0x007fffff) | 0x3f000000);
  vi isLow = m < 0.707106781186547524f;
  e += isLow;
  m = m - 1.0f + vselect(isLow, m, vsplat(0));
  vf z = m * m, k = vtofloat(e);
  vf p = vsplat(7.0376836292e-2f);
  p = vfma(p, m, vsplat(-1.1514610310e-1f));
  p = vfma(p, m, vsplat(1.1676998740e-1f));
  p = vfma(p, m, vsplat(-1.2420140846e-1f));
  p = vfma(p, m, vsplat(1.4249322787e-1f));
  p = vfma(p, m, vsplat(-1.6668057665e-1f));
  p = vfma(p, m, vsplat(2.0000714765e-1f));
  p = vfma(p, m, vsplat(-2.4999993993e-1f));
  p = vfma(p, m, vsplat(3.3333331174e-1f));
  vf y = p * m * z;
  y = vfma(k, vsplat(-2.12194440e-4f), y);
  y = vfma(z, vsplat(-0.5f), y);
  y = vfma(k, vsplat(0.693359375f), m + y);
  y = vselect(x == 0.0f, vsplat(-__builtin_inff()), y);
  y = vselect(x == __builtin_inff(), x, y);
  return vselect((x >= 0.0f), y, vsplat(__builtin_nanf("")));
}

// tanh x: Cephes' polynomial below 0.625, 1 − 2 / (e²ˣ + 1) above.
INLINE vf vtanh(vf x) {
  vf a = vabs(x), z = x * x;
  vf p = vsplat(-5.70498872745e-3f);
  p = vfma(p, z, vsplat(2.06390887954e-2f));
  p = vfma(p, z, vsplat(-5.37397155531e-2f));
  p = vfma(p, z, vsplat(1.33314422036e-1f));
  p = vfma(p, z, vsplat(-3.33332819422e-1f));
  vf near = vfma(p * z, x, x);
  vf far = 1.0f - 2.0f / (vexp(a + a) + 1.0f);
  far = vfrombits(vbits(far) | (vbits(x) & (int32_t)0x80000000));
  return vselect(x != x, x, vselect(a < 0.625f, near, far));
}

// erf x: polynomials of N. Juffa (forums.developer.nvidia.com, "More accurate erff"), below and above 0.9277.
INLINE vf verf(vf x) {
  vf a = vabs(x), z = x * x;
  vf p = vsplat(-5.96761703e-4f);
  p = vfma(p, z, vsplat(4.99119423e-3f));
  p = vfma(p, z, vsplat(-2.67681349e-2f));
  p = vfma(p, z, vsplat(1.12819925e-1f));
  p = vfma(p, z, vsplat(-3.76125336e-1f));
  p = vfma(p, z, vsplat(1.28379166e-1f));
  vf near = vfma(p, x, x);
  vf t = vmin(a, vsplat(4.0f)), s = t * t; // erf 4 rounds to 1
  vf q = vfma(vsplat(-1.72853470e-5f), t, vsplat(3.83197126e-4f));
  q = vfma(q, s, vfma(vsplat(-3.88396438e-3f), t, vsplat(2.42546219e-2f)));
  q = vfma(q, t, vsplat(-1.06777877e-1f));
  q = vfma(q, t, vsplat(-6.34846687e-1f));
  q = vfma(q, t, vsplat(-1.28717512e-1f));
  q = vfma(q, t, -t);
  vf far = 1.0f - vexp(q);
  far = vfrombits(vbits(far) | (vbits(x) & (int32_t)0x80000000));
  return vselect(x != x, x, vselect(a > 0.927734375f, far, near));
}

// 1 / (1 + e⁻ˣ), as eˣ / (1 + eˣ) for x < 0, where e⁻ˣ would carry its error into the sum. What 1 + e loses is put back.
INLINE vf vsigmoid(vf x) {
  vi isLow = x < 0.0f;
  vf one = vsplat(1), e = vexp(-vabs(x)), sum = one + e, lost = e - (sum - one);
  vf y = vselect(isLow, e, one) / sum;
  return y - y * lost * vselect(isLow, one - y, y);
}

INLINE double bitsToDouble(int64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

// ln x in f64 for finite x > 0 (not subnormal in f64), below 1 ULP: fdlibm e_log.c.
INLINE double log64(double x) {
  int64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  int64_t e = (bits - 0x3fe6a09e667f3bcdLL) >> 52; // m in [√½, √2)
  double f = bitsToDouble(bits - (e << 52)) - 1, k = (double)e;
  double s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
  double t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double t2 = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  return k * 6.93147180369123816490e-01 - ((half - (s * (half + t1 + t2) + k * 1.90821492927058770002e-10)) - f);
}

// eˣ in f64 for |x| ≤ 700, below 1 ULP: fdlibm e_exp.c.
INLINE double exp64(double x) {
  double k = __builtin_rint(x * 1.44269504088896338700);
  double high = x - k * 6.93147180369123816490e-01, low = k * 1.90821492927058770002e-10, r = high - low, t = r * r;
  double c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  double y = 1 - ((low - r * c / (2 - c)) - high);
  return y * bitsToDouble(((int64_t)k + 1023) << 52);
}

// xʸ as in C: xʸ = 1 for y = 0 and for x = 1 whatever the other is; NaN for x < 0 with y not whole.
INLINE float powf32(float x, float y) {
  const float infinity = __builtin_inff();
  if (y == 0 || x == 1) return 1;
  if (x != x || y != y) return x + y;
  float a = __builtin_fabsf(x), size = __builtin_fabsf(y);
  int isWhole = size >= 8388608.0f || __builtin_truncf(y) == y;
  int isOdd = isWhole && size < 16777216.0f && ((int32_t)y & 1);
  float result;
  if (a == 0) result = y < 0 ? infinity : 0;
  else if (size == infinity) result = a == 1 ? 1 : (a > 1) == (y > 0) ? infinity : 0;
  else if (a == infinity) result = y > 0 ? infinity : 0;
  else if (x < 0 && !isWhole) return __builtin_nanf("");
  else {
    double exponent = y * log64(a);
    result = (float)exp64(exponent > 700 ? 700 : exponent < -700 ? -700 : exponent);
  }
  return __builtin_copysignf(1, x) < 0 && isOdd ? -result : result;
}
