// Activations and their gradients: the rest of the rows of elementwise.ts. What they give at NaN, ±∞ and the kinks is PyTorch's.
#include "elementwise.h"
#include "math.h"

#define SQRT_HALF 0.707106781186547524f       // 1 / √2
#define DENSITY_AT_0 0.398942280401432678f    // 1 / √(2π)
#define SQRT_2_OVER_PI 0.797884560802865356f  // √(2/π)
#define GELU_CUBE 0.044715f

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

// t = tanh(√(2/π) · (x + 0.044715 x³)). 1 + t has the absolute error of t, as in PyTorch; so has 1 + erf in cdf.
INLINE vf geluGate(vf x) { return vtanh(SQRT_2_OVER_PI * (x + GELU_CUBE * (x * x * x))); }
INLINE vf geluTanhSlope(vf x) {
  vf t = geluGate(x), inner = SQRT_2_OVER_PI * (1.0f + 3.0f * GELU_CUBE * (x * x));
  return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner;
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
// As PyTorch writes it: eˣ − 1 has the absolute error of eˣ.
UNARY(elu, vselect(x > 0.0f, x, p[0] * (vexp(x) - 1.0f)))
UNARY(softplus, vselect(x * p[0] > p[1], x, softplusOf(x * p[0]) / p[0]))
UNARY(silu, x / (1.0f + vexp(-x)))
UNARY(mish, mish(x))
UNARY(gelu, x * cdf(x))
UNARY(geluTanh, 0.5f * x * (1.0f + geluGate(x)))
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
