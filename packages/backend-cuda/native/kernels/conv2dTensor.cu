// Convolutions as in conv-tensor.h, by the tiles of mma-tile.h.
#include "conv-tensor.h"

struct PackWeightsParams {
  const void* a;
  /** As in ConvParams. A tap without a weight has the offset −1. */
  const int4* table;
  /** [groups · rows, taps]. */
  void* packed;
  uint32_t rows, groups, phases;
  uint32_t groupA, rowA;
  /** Of all phases. */
  uint32_t taps;
};

/** packed[m, k] = a[m, tap k], or 0. An element a thread. */
template <class T>
__device__ void packWeights(const PackWeightsParams& p) {
  const uint32_t element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= p.groups * p.rows * p.taps) return;
  const uint32_t row = element / p.taps;
  const int32_t offset = __ldg(&p.table[2 * p.phases + element % p.taps].x);
  T value = fromFloat<T>(0);
  if (offset >= 0)
    value = static_cast<const T*>(p.a)[row / p.rows * p.groupA + row % p.rows * p.rowA + static_cast<uint32_t>(offset)];
  static_cast<T*>(p.packed)[element] = value;
}

// clang-format off
#define CONV_TENSOR_TILE(dtype, T, M, N, DOWN, ACROSS, HAS_TOTALS)                                        \
  KERNEL(patches##M##x##N##_##dtype, ConvParams, DOWN * ACROSS * 32) {                                    \
    convolveOnTensorCores<T, MmaTile<T, M, N, DOWN, ACROSS, 2, true, true, HAS_TOTALS>, PatchChunks>(p);  \
  }                                                                                                       \
  KERNEL(planes##M##x##N##_##dtype, ConvParams, DOWN * ACROSS * 32) {                                     \
    convolveOnTensorCores<T, MmaTile<T, M, N, DOWN, ACROSS, 4, true, false, HAS_TOTALS>, PlaneChunks>(p); \
  }
// A multiprocessor of 64 Ki registers holds one block of the widest, two or three of the others. Those with half as many sums
// have registers for totals, too.
#define CONV_TENSOR(dtype, T)                         \
  CONV_TENSOR_TILE(dtype, T, 128, 128, 2, 4, false)   \
  CONV_TENSOR_TILE(dtype, T, 64, 128, 1, 4, false)    \
  CONV_TENSOR_TILE(dtype, T, 64, 64, 2, 2, true)      \
  CONV_TENSOR_TILE(dtype, T, 32, 128, 1, 4, true)     \
  KERNEL(packWeights_##dtype, PackWeightsParams, 256) { packWeights<T>(p); }
CONV_TENSOR(f16, f16)
CONV_TENSOR(bf16, bf16)
CONV_TENSOR(tf32, float)
