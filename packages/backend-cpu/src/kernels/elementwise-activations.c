// Activations and their gradients: the rest of the rows of elementwise.ts. What they give at NaN, ±∞ and the kinks is PyTorch's.
#include "elementwise.h"
#include "math.h"

#define SQRT_HALF 0.707106781186547524f       // 1 / √2
#define DENSITY_AT_0 0.398942280401432678f    // 1 / √(2π)
#define TWO_SQRT_2_OVER_PI 1.59576912160573071f // 2 · √(2/π)
#define GELU_CUBE 0.044715f

// eˣ − 1 for x ≤ 0. As vexp, without adding the 1 before the rest is known: 2ⁿ · (eʳ − 1) + (2ⁿ − 1).
INLINE vf expm1OfNegative(vf x) {
  vf limited = vmin(vmax(x, vsplat(-30.0f)), vsplat(0));
  vf n = vround(limited * 1.44269504088896341f);
  vf r = (limited - n * 0.693359375f) - n * -2.12194440e-4f;
  vf q = vsplat(1.9875691500e-4f);
  q = vfma(q, r, vsplat(1.3981999507e-3f));
  q = vfma(q, r, vsplat(8.3334519073e-3f));
  q = vfma(q, r, vsplat(4.1665795894e-2f));
  q = vfma(q, r, vsplat(1.6666665459e-1f));
  q = vfma(q, r, vsplat(5.0000001201e-1f));
  q = vfma(q, r * r, r);
  vf scale = vpow2(vtoint(n));
  return vselect(x != x, x, q * scale + (scale - 1.0f));
}

// log(1 + u) for u in [0, 1]: 2 artanh(s) with s = u / (2 + u) ≤ 1/3, its series 2 (s + s³/3 + … + s¹⁵/15).
INLINE vf log1p(vf u) {
  vf s = u / (2.0f + u), z = s * s, twice = s + s;
  vf p = vsplat(1.0f / 15);
  p = vfma(p, z, vsplat(1.0f / 13));
  p = vfma(p, z, vsplat(1.0f / 11));
  p = vfma(p, z, vsplat(1.0f / 9));
  p = vfma(p, z, vsplat(1.0f / 7));
  p = vfma(p, z, vsplat(1.0f / 5));
  p = vfma(p, z, vsplat(1.0f / 3));
  return vfma(twice * z, p, twice);
}

// log(1 + eᶻ), for any z without overflow.
INLINE vf softplusOf(vf z) { return vmax(z, vsplat(0)) + log1p(vexp(-vabs(z))); }

// s = sigmoid(x) and 1 − s, each to full precision.
typedef struct { vf s, rest; } Sigmoid;
INLINE Sigmoid sigmoidPair(vf x) {
  vf e = vexp(-vabs(x)), large = 1.0f / (1.0f + e), small = e * large;
  return (Sigmoid){vselect(x < 0.0f, small, large), vselect(x < 0.0f, large, small)};
}

// tanh(softplus(x)) = m / (m + 2) with m = eˣ (eˣ + 2). Past 30 it is 1.
typedef struct { vf e, m; } Mish;
INLINE Mish mishOf(vf x) {
  vf e = vexp(vmin(x, vsplat(30.0f)));
  return (Mish){e, e * (e + 2.0f)};
}
INLINE vf mish(vf x) {
  vf m = mishOf(x).m;
  return x * (m / (m + 2.0f));
}
// t + x · s · (1 − t²), where 1 − t² = 4 (m + 1) / (m + 2)². Past 30 that is 1, and ∞ · 0 at ∞.
INLINE vf mishSlope(vf x) {
  Mish v = mishOf(x);
  vf reciprocal = 1.0f / (v.m + 2.0f), s = v.e / (1.0f + v.e);
  vf slope = v.m * reciprocal + x * s * (4.0f * ((v.m + 1.0f) * reciprocal) * reciprocal);
  return vselect(x > 30.0f, 1.0f + x * 0.0f, slope);
}

INLINE vf cdf(vf x) { return 0.5f * (1.0f + verf(x * SQRT_HALF)); }

// s(u) with u = 2 · √(2/π) · (x + 0.044715 x³), since (1 + tanh(u / 2)) / 2 = sigmoid(u).
INLINE vf geluTanhArgument(vf x) { return TWO_SQRT_2_OVER_PI * x * (1.0f + GELU_CUBE * (x * x)); }
INLINE vf geluTanhSlope(vf x) {
  Sigmoid s = sigmoidPair(geluTanhArgument(x));
  return s.s + x * (s.s * s.rest) * (TWO_SQRT_2_OVER_PI * (1.0f + 3.0f * GELU_CUBE * (x * x)));
}
INLINE vf siluSlope(vf x) {
  Sigmoid s = sigmoidPair(x);
  return s.s * (1.0f + x * s.rest);
}

INLINE vf clampTo(vf x, float low, float high) { return vmin(vmax(x, vsplat(low)), vsplat(high)); }
INLINE vf zeroWhere(vi mask, vf v) { return vfrombits(~mask & vbits(v)); }

UNARY(tanh, vtanh(x))
UNARY(sigmoid, vsigmoid(x))
UNARY(relu, vmax(x, vsplat(0)))
UNARY(relu6, clampTo(x, 0, 6))
UNARY(leakyRelu, vselect(x > 0.0f, x, x * p[0]))
UNARY(elu, vselect(x > 0.0f, x, p[0] * expm1OfNegative(x)))
UNARY(softplus, vselect(x * p[0] > p[1], x, softplusOf(x * p[0]) / p[0]))
UNARY(silu, x / (1.0f + vexp(-x)))
UNARY(mish, mish(x))
UNARY(gelu, x * cdf(x))
UNARY(geluTanh, x * vsigmoid(geluTanhArgument(x)))
UNARY(hardsigmoid, clampTo(x + 3.0f, 0, 6) / 6.0f)
UNARY(hardswish, x * clampTo(x + 3.0f, 0, 6) / 6.0f)
UNARY(clamp, clampTo(x, p[0], p[1]))

// a is what the activation saves: y for relu, sigmoid and tanh, else x. b is dy.
BINARY(reluGrad, zeroWhere(a <= 0.0f, b))
BINARY(relu6Grad, zeroWhere((a <= 0.0f) | (a >= 6.0f), b))
BINARY(leakyReluGrad, vselect(a > 0.0f, b, b * p[0]))
BINARY(eluGrad, vselect(a <= 0.0f, b * p[0] * vexp(a), b))
BINARY(sigmoidGrad, b * ((1.0f - a) * a))
BINARY(tanhGrad, b * (1.0f - a * a))
BINARY(softplusGrad, vselect(a * p[0] > p[1], b, b * vsigmoid(a * p[0])))
BINARY(siluGrad, b * siluSlope(a))
BINARY(mishGrad, b * mishSlope(a))
BINARY(geluGrad, b * (cdf(a) + a * (DENSITY_AT_0 * vexp(-0.5f * (a * a)))))
BINARY(geluTanhGrad, b * geluTanhSlope(a))
BINARY(hardsigmoidGrad, zeroWhere(~((a > -3.0f) & (a < 3.0f)), b / 6.0f))
BINARY(hardswishGrad, zeroWhere(a < -3.0f, vselect(a <= 3.0f, b * (a / 3.0f + 0.5f), b)))
BINARY(clampGrad, zeroWhere(~((a >= p[0]) & (a <= p[1])), b))
