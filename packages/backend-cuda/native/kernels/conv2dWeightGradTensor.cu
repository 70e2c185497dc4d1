// Gradients of convolutions as in weight-grad-tensor.h, by the tiles of mma-tile.h.
#include "weight-grad-tensor.h"

// clang-format off
#define TENSOR_TILE(dtype, T, M, N, DOWN, ACROSS)                                       \
  KERNEL(tiles##M##x##N##_##dtype, WeightGradParams, DOWN * ACROSS * 32) {              \
    addPixelsOnTensorCores<T, MmaTile<T, M, N, DOWN, ACROSS, 2, false, false>>(p);      \
  }
#define TENSOR(dtype, T)                \
  TENSOR_TILE(dtype, T, 128, 128, 2, 4) \
  TENSOR_TILE(dtype, T, 64, 64, 2, 2)   \
  TENSOR_TILE(dtype, T, 32, 128, 1, 4)
TENSOR(f16, f16)
TENSOR(bf16, bf16)
TENSOR(tf32, float)
