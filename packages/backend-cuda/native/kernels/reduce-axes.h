// Where the terms of a reduction lie, and how the threads of a block are given to its results.
#pragma once
#include "device.h"

struct ReduceAxis {
  uint32_t size;
  /** Elements from one index to the next. */
  uint32_t step;
};

constexpr uint32_t REDUCE_THREADS = 256;

/** A thread among those of its block, which make REDUCE_THREADS / lanes results. */
struct Share {
  uint32_t output;
  /** Which of the threads that share the result it is. */
  uint32_t lane;
  /** Threads from one lane to the next. */
  uint32_t apart;
};

/**
 * Along terms that are neighbours in memory (rows) the lanes of a result are neighbours, along results that are (columns) those of the
 * next results: a warp reads whole lines of memory either way.
 */
__device__ inline Share shareOf(uint32_t tile, uint32_t lanes, bool isColumns) {
  const uint32_t perBlock = REDUCE_THREADS / lanes;
  const uint32_t mine = isColumns ? threadIdx.x % perBlock : threadIdx.x / lanes;
  const uint32_t lane = isColumns ? threadIdx.x / perBlock : threadIdx.x % lanes;
  return {tile * perBlock + mine, lane, isColumns ? perBlock : 1};
}

/** Where the index lies that counts along `count` axes; the outermost needs no division. */
__device__ inline uint32_t placeOf(uint32_t index, const ReduceAxis* axes, uint32_t count) {
  uint32_t at = 0;
  for (uint32_t axis = count - 1; axis > 0; axis--) {
    at += index % axes[axis].size * axes[axis].step;
    index /= axes[axis].size;
  }
  return at + index * axes[0].step;
}

/**
 * The values of a result's lanes combined, the same in each lane: first inside the warps, then their at most 8 totals one after the
 * other. Every thread of the block must call it; each call in a kernel needs a `partial` of its own.
 */
template <class Op>
__device__ typename Op::Value combineLanes(typename Op::Value total, const Share& share, uint32_t lanes, typename Op::Value* partial) {
  const uint32_t span = share.apart * lanes;
  for (uint32_t distance = share.apart; distance < 32 && distance < span; distance *= 2)
    total = Op::combine(total, __shfl_xor_sync(ALL_LANES, total, static_cast<int>(distance)));
  const uint32_t next = max(share.apart, 32u);
  if (next >= span) return total;
  partial[threadIdx.x] = total;
  __syncthreads();
  const uint32_t first = threadIdx.x / span * span + threadIdx.x % next;
  total = partial[first];
  for (uint32_t other = next; other < span; other += next) total = Op::combine(total, partial[first + other]);
  return total;
}
