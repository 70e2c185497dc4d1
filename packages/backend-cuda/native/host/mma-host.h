// mma.h under C++ compilers. Lanes bring their fragments to one rendezvous, and the last of them multiplies for all. Matrices are read without
// one: a lane knows from `rowOf` where the others' rows lie.
#pragma once
#include "device-host.h"

namespace host {

/** What a lane holds of a product of M · 16 rows and N · 8 columns. */
template <uint32_t M, uint32_t N>
struct LaneFragments {
  float (*sums)[N][4];
  const uint32_t (*a)[4];
  const uint32_t (*b)[2];
};

/** Element `i` of a register. Tensor cores read no more of an f32 than TF32 has. */
template <class T>
float elementOf(uint32_t bits, uint32_t i) {
  if constexpr (sizeof(T) == 4) return bitsAs<float>(bits & 0xffffe000u);
  else return toFloat(T{static_cast<uint16_t>(bits >> 16 * i)});
}

template <class T, uint32_t M, uint32_t N>
void multiplyWarp(void* const* lanes) {
  constexpr uint32_t EACH = 4 / sizeof(T), K = 8 * EACH;
  float a[M * 16][K], b[K][N * 8], sums[N * 8];
  for (uint32_t lane = 0; lane < 32; lane++) {
    const auto& own = *static_cast<const LaneFragments<M, N>*>(lanes[lane]);
    const uint32_t g = lane / 4, t = lane % 4;
    for (uint32_t e = 0; e < EACH; e++) {
      for (uint32_t i = 0; i < M; i++)
        for (uint32_t r = 0; r < 4; r++) a[i * 16 + g + r % 2 * 8][(t + r / 2 * 4) * EACH + e] = elementOf<T>(own.a[i][r], e);
      for (uint32_t j = 0; j < N; j++)
        for (uint32_t r = 0; r < 2; r++) b[(t + r * 4) * EACH + e][j * 8 + g] = elementOf<T>(own.b[j][r], e);
    }
  }
  for (uint32_t row = 0; row < M * 16; row++) {
    for (float& sum : sums) sum = 0;
    for (uint32_t k = 0; k < K; k++)
      for (uint32_t column = 0; column < N * 8; column++) sums[column] += a[row][k] * b[k][column];
    for (uint32_t column = 0; column < N * 8; column++) {
      const auto& owner = *static_cast<const LaneFragments<M, N>*>(lanes[row % 8 * 4 + column % 8 / 2]);
      owner.sums[row / 16][column / 8][row % 16 / 8 * 2 + column % 2] += sums[column];
    }
  }
}

inline uint32_t wordAt(const void* row, uint32_t word) {
  uint32_t bits;
  std::memcpy(&bits, static_cast<const char*>(row) + word * 4, 4);
  return bits;
}

}  // namespace host

template <class T, uint32_t M, uint32_t N>
void multiplyFragments(float (&sums)[M][N][4], const uint32_t (&a)[M][4], const uint32_t (&b)[N][2]) {
  host::LaneFragments<M, N> own{sums, a, b};
  host::warpWork(&own, host::multiplyWarp<T, M, N>);
}

template <class F>
void loadMatrices(uint32_t (&to)[4], F rowOf) {
  const uint32_t lane = host::lane();
  for (uint32_t i = 0; i < 4; i++) to[i] = host::wordAt(rowOf(i * 8 + lane / 4), lane % 4);
}

template <class F>
void loadTransposed(uint32_t (&to)[4], F rowOf) {
  const uint32_t lane = host::lane(), column = lane / 4, row = lane % 4 * 2;
  const auto half = [&](uint32_t from) { return host::wordAt(rowOf(from), column / 2) >> column % 2 * 16 & 0xffff; };
  for (uint32_t i = 0; i < 4; i++) to[i] = half(i * 8 + row) | half(i * 8 + row + 1) << 16;
}

/** Half of the last place kept is added to the size. */
inline uint32_t toTf32(uint32_t bits) {
  const uint32_t size = bits & 0x7fffffff;
  if (size > 0x7f800000) return 0x7fffffff;
  return size == 0x7f800000 ? bits : (bits + 0x1000) & 0xffffe000;
}
