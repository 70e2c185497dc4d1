// Products of matrices as in matmul-tensor.h, by the tiles of warpgroup-tile.h.
// targets: sm_90a
#include "matmul-tensor.h"
#include "warpgroup-tile.h"

/** Tiles in shared memory: two that are multiplied, two on their way. */
constexpr uint32_t SLOTS = 4;

// clang-format off
#define FORM(name, T, ROWS, COLUMNS, DOWN, ACROSS, A, B) \
  KERNEL(tiles##name, MatmulParams, DOWN * ACROSS * 128) {                                   \
    matmulOnTensorCores<T, WarpgroupTile<T, ROWS, COLUMNS, DOWN, ACROSS, SLOTS, A, B>>(p); \
  }
FORMS(f16, f16, 128, 256, 2, 1)
FORMS(bf16, bf16, 128, 256, 2, 1)
FORMS(f16, f16, 128, 128, 2, 1)
FORMS(bf16, bf16, 128, 128, 2, 1)
