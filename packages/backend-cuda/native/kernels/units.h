// Kernels that move bits go by units: an element of 1, 2 or 4 bytes, or as many elements side by side as fill up to 16 bytes.
#pragma once
#include "device.h"

/** What a thread makes, a block apart, as in src/kernels/units.ts: all loads are under way before the first store. */
constexpr uint32_t WRITES = 4;

/** Units smaller than four bytes are stored by as many as fill them. */
template <class Unit>
constexpr uint32_t PER_WORD = sizeof(Unit) < 4 ? 4 / sizeof(Unit) : 1;

template <class Unit>
struct alignas(sizeof(Unit) * PER_WORD<Unit>) Word {
  Unit at[PER_WORD<Unit>];
};

/** y[i] = unitAt(i) for all i < units. */
template <class Unit, class F>
__device__ void makeUnits(void* y, uint32_t units, F unitAt) {
  constexpr uint32_t N = PER_WORD<Unit>;
  Word<Unit>* const words = static_cast<Word<Unit>*>(y);
  const uint32_t first = blockIdx.x * (blockDim.x * WRITES) + threadIdx.x;
  Word<Unit> made[WRITES];
#pragma unroll
  for (uint32_t k = 0; k < WRITES; k++) {
    const uint32_t at = (first + k * blockDim.x) * N;
    if (at >= units) break;
    // Past the end the last unit is made again: its neighbours are nobody's.
    for (uint32_t j = 0; j < N; j++) made[k].at[j] = unitAt(min(at + j, units - 1));
  }
#pragma unroll
  for (uint32_t k = 0; k < WRITES; k++) {
    const uint32_t at = first + k * blockDim.x;
    if (at * N < units) words[at] = made[k];
  }
}

// clang-format off
/** A kernel for each size of unit: `name_16` calls of<uint4>(p). */
#define UNIT_KERNELS(name, Params, of)                \
  KERNEL(name##_1, Params, 256) { of<uint8_t>(p); }   \
  KERNEL(name##_2, Params, 256) { of<uint16_t>(p); }  \
  KERNEL(name##_4, Params, 256) { of<uint32_t>(p); }  \
  KERNEL(name##_8, Params, 256) { of<uint2>(p); }     \
  KERNEL(name##_16, Params, 256) { of<uint4>(p); }
// clang-format on
