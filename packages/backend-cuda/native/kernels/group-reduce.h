// Results that several threads share. Blocks have GROUP_BLOCK threads, and each group of `lanes` of them, a power of 2 up to a warp
// or the whole block, makes one result.
#pragma once
#include "device.h"

constexpr uint32_t GROUP_BLOCK = 256;

/** This thread's place in its group, and the group's number in the grid. */
__device__ inline uint32_t laneOfGroup(uint32_t lanes) { return threadIdx.x % lanes; }
__device__ inline uint32_t groupOfGrid(uint32_t lanes) { return blockIdx.x * (GROUP_BLOCK / lanes) + threadIdx.x / lanes; }

__device__ inline float shuffledDown(float x, uint32_t distance) { return __shfl_down_sync(ALL_LANES, x, distance); }

/**
 * merge(…) over a group's values as a tree, for the group's first thread; what others get means nothing. All threads of the block
 * must come here.
 */
template <class V, class F>
__device__ V reduceGroup(V value, uint32_t lanes, F merge) {
  constexpr uint32_t WARPS = GROUP_BLOCK / 32;
  __shared__ V ofWarps[WARPS];
  for (uint32_t distance = min(lanes, 32u) / 2; distance > 0; distance /= 2) value = merge(value, shuffledDown(value, distance));
  if (lanes <= 32) return value;
  __syncthreads();  // the values of a reduction before are read
  if (threadIdx.x % 32 == 0) ofWarps[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x >= 32) return value;
  value = ofWarps[threadIdx.x % WARPS];
  for (uint32_t distance = WARPS / 2; distance > 0; distance /= 2) value = merge(value, shuffledDown(value, distance));
  return value;
}

/** The same of a sum. */
__device__ inline float sumOfGroup(float value, uint32_t lanes) {
  return reduceGroup(value, lanes, [](float a, float b) { return a + b; });
}
