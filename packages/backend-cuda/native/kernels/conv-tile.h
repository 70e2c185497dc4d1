// A tile of y[m, j] = Σₖ a[m, k] · x[k, j] by a block of 256 threads, for kernels that each bring a and x in their own way.
// A thread makes 8 × 4 sums in registers. Tiles of K terms go through shared memory, two of each: while one is multiplied, the next
// is on its way from memory through registers. Where outputs are few, tiles are small and SLICES of the block share one: each slice
// takes every SLICES-th term, and their sums are added in order. Sums of 256 terms are added to a total, so that no sum is longer.
#pragma once
#include "quads.h"

constexpr uint32_t TILE_THREADS = 256;
constexpr uint32_t SUM_TERMS = 256;

template <uint32_t ROWS, uint32_t COLUMNS, uint32_t TERMS, uint32_t SHARES>
struct Tile {
  static constexpr uint32_t M = ROWS;
  static constexpr uint32_t N = COLUMNS;
  static constexpr uint32_t K = TERMS;
  static constexpr uint32_t SLICES = SHARES;
  static constexpr uint32_t QUADS_M = M / 4;
  static constexpr uint32_t QUADS_N = N / 4;
  /** Threads of a slice. */
  static constexpr uint32_t LANES = M / 8 * QUADS_N;
  /** A quad more than the tile has: threads that write down its columns meet different banks. */
  static constexpr uint32_t STRIDE_A = M + 4;
  static constexpr uint32_t STRIDE_X = N + 4;
  static constexpr uint32_t FLOATS = K * (STRIDE_A + STRIDE_X);
  /** Steps of K terms that make SUM_TERMS in each slice. */
  static constexpr uint32_t SUM_STEPS = SUM_TERMS * SLICES / K;
  static_assert(LANES * SLICES == TILE_THREADS && K % SLICES == 0 && TILE_THREADS % N == 0);
};

template <class T>
__device__ Quad<float> toFloats(const Quad<T>& quad) {
  return {{toFloat(quad.at[0]), toFloat(quad.at[1]), toFloat(quad.at[2]), toFloat(quad.at[3])}};
}

/** Adds `from` to `to` and empties it. */
__device__ inline void moveSums(Quad<float> (&to)[8], Quad<float> (&from)[8]) {
#pragma unroll
  for (int i = 0; i < 8; i++)
#pragma unroll
    for (int j = 0; j < 4; j++) {
      to[i].at[j] += from[i].at[j];
      from[i].at[j] = 0;
    }
}

/**
 * `source.fetch(first)` brings terms first … first + K into registers, 0 past the end; `source.put(a, x)` writes them to shared
 * memory as [K][STRIDE_A] and [K][STRIDE_X]. `storeAt(j)` gives a function that stores a row m at columns j … j + 3 of the tile.
 */
template <class Shape, class Source, class StoreAt>
__device__ void makeTile(Source& source, uint32_t begin, uint32_t end, StoreAt storeAt) {
  constexpr uint32_t K = Shape::K, SLICES = Shape::SLICES;
  __align__(16) __shared__ float memory[2 * Shape::FLOATS];
  static_assert(SLICES == 1 || 2 * Shape::FLOATS >= 4 * 4 * TILE_THREADS);
  const uint32_t slice = threadIdx.x / Shape::LANES;
  const uint32_t m = threadIdx.x % Shape::LANES / Shape::QUADS_N * 8;
  const uint32_t j = threadIdx.x % Shape::QUADS_N * 4;

  Quad<float> totals[8] = {};
  Quad<float> sums[8] = {};
  float* a = memory;
  float* next = memory + Shape::FLOATS;
  uint32_t steps = 0;
  if (begin < end) {
    source.fetch(begin);
    source.put(a, a + K * Shape::STRIDE_A);
  }
  __syncthreads();
  for (uint32_t first = begin; first < end; first += K) {
    const bool hasNext = first + K < end;
    if (hasNext) source.fetch(first + K);
    const float* const x = a + K * Shape::STRIDE_A;
#pragma unroll 8
    for (uint32_t i = 0; i < K / SLICES; i++) {
      const uint32_t k = slice + i * SLICES;
      const Quad<float> right = loadQuad(x + k * Shape::STRIDE_X + j);
      const Quad<float> left[2] = {loadQuad(a + k * Shape::STRIDE_A + m), loadQuad(a + k * Shape::STRIDE_A + m + 4)};
#pragma unroll
      for (int row = 0; row < 8; row++)
#pragma unroll
        for (int column = 0; column < 4; column++) {
          float& sum = sums[row].at[column];
          sum = fmaf(left[row / 4].at[row % 4], right.at[column], sum);
        }
    }
    // The other tile: everybody was through with it at the last barrier.
    if (hasNext) source.put(next, next + K * Shape::STRIDE_A);
    __syncthreads();
    float* const done = a;
    a = next;
    next = done;
    if (++steps == Shape::SUM_STEPS) {
      steps = 0;
      moveSums(totals, sums);
    }
  }
  moveSums(totals, sums);

  const auto store = storeAt(j);
  if constexpr (SLICES == 1) {
#pragma unroll
    for (uint32_t i = 0; i < 8; i++) store(m + i, totals[i]);
  } else {
    // Four of the eight rows at a time; slices take turns at storing them.
#pragma unroll
    for (uint32_t half = 0; half < 8; half += 4) {
      if (half > 0) __syncthreads();
#pragma unroll
      for (uint32_t i = 0; i < 4; i++) storeQuad(memory + (i * TILE_THREADS + threadIdx.x) * 4, totals[half + i]);
      __syncthreads();
      for (uint32_t i = slice; i < 4; i += SLICES) {
        const float* const from = memory + (i * TILE_THREADS + threadIdx.x % Shape::LANES) * 4;
        Quad<float> sum = loadQuad(from);
        for (uint32_t other = 1; other < SLICES; other++) {
          const Quad<float> more = loadQuad(from + other * Shape::LANES * 4);
          for (int column = 0; column < 4; column++) sum.at[column] += more.at[column];
        }
        store(m + half + i, sum);
      }
    }
  }
}
