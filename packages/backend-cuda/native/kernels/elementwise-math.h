// Functions of the elementwise expressions. CUDA's own expf, logf, tanhf, erff and powf are within 2 ULP, so little is left to write.
#pragma once
#include "device.h"

/** What an element is computed as: f32 for 16 bits, else itself. */
__device__ inline float wide(float x) { return x; }
__device__ inline float wide(f16 x) { return toFloat(x); }
__device__ inline float wide(bf16 x) { return toFloat(x); }
__device__ inline int32_t wide(int32_t x) { return x; }

/** A result as it is stored. */
template <class T, class X>
__device__ inline T narrow(X x) {
  if constexpr (sizeof(T) == sizeof(X)) return x;
  else return fromFloat<T>(x);
}
template <>
__device__ inline uint8_t narrow<uint8_t, uint8_t>(uint8_t x) { return x; }

/** Sums of integers that pass 2³¹ go on from −2³¹. */
__device__ inline int32_t wrap(uint32_t bits) { return static_cast<int32_t>(bits); }

/** fmaxf and fminf drop a NaN in a; here it wins. */
__device__ inline float larger(float a, float b) { return a != a || a > b ? a : b; }
__device__ inline float smaller(float a, float b) { return a != a || a < b ? a : b; }

/** As eˣ / (1 + eˣ) for x < 0, where e⁻ˣ would carry its error into the sum. */
__device__ inline float sigmoidOf(float x) {
  const float e = expf(-fabsf(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** log(1 + eᶻ) for any z without overflow. */
__device__ inline float softplusOf(float z) { return larger(z, 0) + log1pf(expf(-fabsf(z))); }

/** tanh(softplus(x)) = m / (m + 2) with m = eˣ (eˣ + 2). Past 30 it is 1. */
__device__ inline float mishGate(float x) {
  const float e = expf(smaller(x, 30));
  const float m = e * (e + 2);
  return m / (m + 2);
}

/** t + x · s · (1 − t²), where 1 − t² = 4 (m + 1) / (m + 2)². */
__device__ inline float mishSlope(float x) {
  if (x > 30) return 1;
  const float e = expf(x);
  const float m = e * (e + 2);
  const float r = 1 / (m + 2);
  return m * r + x * (e / (1 + e)) * (4 * ((m + 1) * r) * r);
}

__device__ inline float siluSlope(float x) {
  const float s = sigmoidOf(x);
  return s * (1 + x * sigmoidOf(-x));
}

/** Φ of the normal distribution, and its density. */
__device__ inline float cdfOf(float x) { return 0.5f * (1 + erff(x * 0.70710678f)); }
__device__ inline float densityOf(float x) { return 0.39894228f * expf(-0.5f * (x * x)); }

__device__ inline float geluGate(float x) { return tanhf(0.79788456f * (x + 0.044715f * (x * x * x))); }

__device__ inline float geluTanhSlope(float x) {
  const float t = geluGate(x);
  const float inner = 0.79788456f * (1 + 3 * 0.044715f * (x * x));
  return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * inner;
}
