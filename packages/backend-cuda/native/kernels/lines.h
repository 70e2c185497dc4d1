// The best elements of lines of x [outer, n, inner] along n. Elements are compared by their ranks: the larger is the better one.
#pragma once
#include "reduce-axes.h"

/** x as lines, and how they are given to blocks of REDUCE_THREADS threads: as in src/kernels/lines.ts. */
struct Lines {
  /** outer · inner */
  uint32_t count;
  uint32_t n, inner;
  /** Threads that share a line, a power of 2. */
  uint32_t lanes;
  /** Threads from one lane of a line to the next: 1, or all lines of the block where these are neighbours in memory. */
  uint32_t apart;
};

__device__ inline Share shareOf(const Lines& lines, uint32_t tile) { return shareOf(tile, lines.lanes, lines.apart != 1); }

/** The first element of a line. */
__device__ inline uint32_t startOf(const Lines& lines, uint32_t line) {
  return line / lines.inner * lines.n * lines.inner + line % lines.inner;
}

/** In the order of the numbers, both zeros as one and NaN on top; no number's is 0. */
__device__ inline uint32_t orderOf(float x) {
  if (x != x) return 0xffffffffu;
  const uint32_t bits = x == 0 ? 0 : __float_as_uint(x);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
__device__ inline uint32_t orderOf(int32_t x) { return static_cast<uint32_t>(x) ^ 0x80000000u; }

/** What is better than any rank, and what is worse. */
constexpr uint64_t BEST = ~static_cast<uint64_t>(0);
constexpr uint64_t NONE = 0;

/** Of equals the first is better. Indices are below 2³¹, so that no rank is BEST or NONE. */
__device__ inline uint64_t rankOf(uint32_t order, uint32_t index) { return static_cast<uint64_t>(order) << 32 | (0xfffffffeu - index); }
__device__ inline uint32_t indexOf(uint64_t rank) { return 0xfffffffeu - static_cast<uint32_t>(rank); }

__device__ inline uint64_t better(uint64_t a, uint64_t b) { return a > b ? a : b; }

struct Best {
  using Value = uint64_t;
  __device__ static Value combine(Value a, Value b) { return better(a, b); }
};

/** The best of a line's lanes, the same in each. Every thread of the block must call it. */
__device__ inline uint64_t bestOfLanes(uint64_t own, const Share& share, uint32_t lanes) {
  __shared__ uint64_t partial[REDUCE_THREADS];
  const uint64_t best = combineLanes<Best>(own, share, lanes, partial);
  // The next call writes there again.
  if (lanes * share.apart > 32) __syncthreads();
  return best;
}
