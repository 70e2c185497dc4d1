// y[i] = x[i] as another dtype. To f16 and bf16 rounds to nearest even, to integers truncates towards zero and stays inside their range,
// to bool is x ≠ 0. A thread makes four neighbours; buffers are long enough for a last quad past their end.
#include "quads.h"

struct ToDtypeParams {
  const void* x;
  void* y;
  uint32_t elements;
};

struct Bool {
  uint8_t value;
};

__device__ inline float numberOf(float x) { return x; }
__device__ inline float numberOf(f16 x) { return toFloat(x); }
__device__ inline float numberOf(bf16 x) { return toFloat(x); }
__device__ inline int32_t numberOf(int32_t x) { return x; }
__device__ inline int32_t numberOf(uint8_t x) { return x; }
__device__ inline int32_t numberOf(Bool x) { return x.value; }

/** Towards zero; NaN is 0. A conversion of what is out of range means nothing in C++. */
__device__ inline int32_t toInt(float x) {
  if (x >= 2147483648.0f) return 2147483647;
  return x > -2147483648.0f ? static_cast<int32_t>(x) : x != x ? 0 : -2147483647 - 1;
}
__device__ inline int32_t toInt(int32_t x) { return x; }

template <class Y>
struct Converted {
  template <class X>
  __device__ static Y of(X x) { return fromFloat<Y>(static_cast<float>(x)); }
};
template <>
struct Converted<int32_t> {
  template <class X>
  __device__ static int32_t of(X x) { return toInt(x); }
};
template <>
struct Converted<uint8_t> {
  template <class X>
  __device__ static uint8_t of(X x) { return static_cast<uint8_t>(toInt(x)); }
};
template <>
struct Converted<Bool> {
  template <class X>
  __device__ static Bool of(X x) { return {static_cast<uint8_t>(x != 0)}; }
};

template <class X, class Y>
__device__ void convert(const ToDtypeParams& p) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const Quad<X> x = loadQuad(static_cast<const X*>(p.x) + first);
  Quad<Y> y;
  for (int j = 0; j < 4; j++) y.at[j] = Converted<Y>::of(numberOf(x.at[j]));
  storeQuad(static_cast<Y*>(p.y) + first, y);
}

#define CONVERSION(from, X, to, Y) \
  KERNEL(toDtype_##from##_##to, ToDtypeParams, 256) { convert<X, Y>(p); }
#define CONVERSIONS(from, X)            \
  CONVERSION(from, X, f32, float)       \
  CONVERSION(from, X, f16, f16)         \
  CONVERSION(from, X, bf16, bf16)       \
  CONVERSION(from, X, i32, int32_t)     \
  CONVERSION(from, X, u8, uint8_t)      \
  CONVERSION(from, X, bool, Bool)

CONVERSIONS(f32, float)
CONVERSIONS(f16, f16)
CONVERSIONS(bf16, bf16)
CONVERSIONS(i32, int32_t)
CONVERSIONS(u8, uint8_t)
CONVERSIONS(bool, Bool)
