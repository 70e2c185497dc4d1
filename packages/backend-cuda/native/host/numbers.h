#pragma once
#include <cstdint>
#include <cstring>

template <class To, class From>
To bitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

/** IEEE binary16. */
struct f16 {
  uint16_t bits;
};
/** The upper half of an f32. */
struct bf16 {
  uint16_t bits;
};

inline float toFloat(float x) { return x; }

inline float toFloat(bf16 x) { return bitsAs<float>(static_cast<uint32_t>(x.bits) << 16); }

inline float toFloat(f16 x) {
  const uint32_t sign = (x.bits & 0x8000u) << 16;
  const uint32_t rest = x.bits & 0x7fffu;
  // Subnormals: multiples of 2⁻²⁴.
  if (rest < 0x0400) return bitsAs<float>(bitsAs<uint32_t>(static_cast<float>(rest) * 0x1p-24f) | sign);
  const uint32_t exponent = rest >= 0x7c00 ? 0x7f800000u - (0x7c00u << 13) : (127u - 15u) << 23;
  return bitsAs<float>(((rest << 13) + exponent) | sign);
}

template <class T>
T fromFloat(float x);

template <>
inline float fromFloat<float>(float x) { return x; }

template <>
inline bf16 fromFloat<bf16>(float x) {
  const uint32_t bits = bitsAs<uint32_t>(x);
  if (x != x) return {0x7fff};
  // Half of the last place kept, less if it is even: ties go to even.
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

template <>
inline f16 fromFloat<f16>(float x) {
  const uint32_t bits = bitsAs<uint32_t>(x);
  const auto sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const uint32_t size = bits & 0x7fffffff;
  if (size > 0x7f800000) return {0x7fff};
  // From 65520 on it rounds to infinity.
  if (size >= 0x477ff000) return {static_cast<uint16_t>(sign | 0x7c00)};
  // Below 2⁻¹⁴ the places are multiples of 2⁻²⁴: adding 0.5, whose last place that is, rounds to them.
  if (size < 0x38800000) return {static_cast<uint16_t>(sign | (bitsAs<uint32_t>(bitsAs<float>(size) + 0.5f) - 0x3f000000))};
  return {static_cast<uint16_t>(sign | ((size + 0xfff + (size >> 13 & 1) - (112u << 23)) >> 13))};
}
