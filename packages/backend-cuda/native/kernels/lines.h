// The best elements of lines of x [outer, n, inner] along n. Elements are compared by their ranks: the larger is the better one.
#pragma once
#include "device.h"

constexpr uint32_t LINES_THREADS = 256;

/** x as lines, and how they are given to blocks of LINES_THREADS threads: as in src/kernels/lines.ts. */
struct Lines {
  /** outer · inner */
  uint32_t count;
  uint32_t n, inner;
  /** Threads that share a line, a power of 2. */
  uint32_t lanes;
  /** Threads from one lane of a line to the next: 1, or all lines of the block where these are neighbours in memory. */
  uint32_t apart;
};

/** A thread's part in a line. */
struct LineShare {
  uint32_t line, lane;
};

__device__ inline LineShare shareOf(const Lines& lines, uint32_t tile) {
  const uint32_t perBlock = LINES_THREADS / lines.lanes;
  if (lines.apart == 1) return {tile * perBlock + threadIdx.x / lines.lanes, threadIdx.x % lines.lanes};
  return {tile * perBlock + threadIdx.x % perBlock, threadIdx.x / perBlock};
}

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

/** The best of the `count` lanes that lie `apart`, the same in each. Every thread of the block must call it. */
__device__ inline uint64_t bestOfLanes(uint64_t own, uint32_t count, uint32_t apart) {
  __shared__ uint64_t partial[LINES_THREADS];
  const uint32_t span = count * apart;
  for (uint32_t distance = apart; distance < 32 && distance < span; distance *= 2)
    own = better(own, __shfl_xor_sync(ALL_LANES, own, static_cast<int>(distance)));
  const uint32_t next = max(apart, 32u);
  if (next >= span) return own;
  partial[threadIdx.x] = own;
  __syncthreads();
  const uint32_t first = threadIdx.x / span * span + threadIdx.x % next;
  for (uint32_t other = 0; other < span; other += next) own = better(own, partial[first + other]);
  // The next call writes there again.
  __syncthreads();
  return own;
}
