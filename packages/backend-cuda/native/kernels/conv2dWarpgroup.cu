// Convolutions as in conv-tensor.h, by the tiles of warpgroup-tile.h.
// targets: sm_90a
#include "conv-tensor.h"
#include "warpgroup-tile.h"

// clang-format off
#define CONV_WARPGROUP_TILE(dtype, T, M, N, DOWN, ACROSS)                                     \
  KERNEL(patches##M##x##N##_##dtype, ConvParams, DOWN * ACROSS * 128) {                       \
    convolveOnTensorCores<T, WarpgroupTile<T, M, N, DOWN, ACROSS, 3, true, true>, PatchChunks>(p);  \
  }                                                                                           \
  KERNEL(planes##M##x##N##_##dtype, ConvParams, DOWN * ACROSS * 128) {                        \
    convolveOnTensorCores<T, WarpgroupTile<T, M, N, DOWN, ACROSS, 4, true, false>, PlaneChunks>(p); \
  }
#define CONV_WARPGROUP(dtype, T)                \
  CONV_WARPGROUP_TILE(dtype, T, 128, 128, 2, 1) \
  CONV_WARPGROUP_TILE(dtype, T, 64, 256, 1, 2)
CONV_WARPGROUP(f16, f16)
CONV_WARPGROUP(bf16, bf16)
