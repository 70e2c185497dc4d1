// Gradients of convolutions as in weight-grad-tensor.h, by the tiles of warpgroup-tile.h.
// targets: sm_90a
#include "warpgroup-tile.h"
#include "weight-grad-tensor.h"

// clang-format off
#define WARPGROUP_TILE(dtype, T, M, N, DOWN, ACROSS)                                          \
  KERNEL(tiles##M##x##N##_##dtype, WeightGradParams, DOWN * ACROSS * 128) {                   \
    addPixelsOnTensorCores<T, WarpgroupTile<T, M, N, DOWN, ACROSS, 3, false, false>>(p);      \
  }
#define WARPGROUP(dtype, T)                \
  WARPGROUP_TILE(dtype, T, 128, 128, 2, 1) \
  WARPGROUP_TILE(dtype, T, 64, 256, 1, 2)
WARPGROUP(f16, f16)
WARPGROUP(bf16, bf16)
