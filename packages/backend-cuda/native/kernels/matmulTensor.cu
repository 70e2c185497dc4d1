// Products of matrices as in matmul-tensor.h, by the tiles of mma-tile.h.
#include "matmul-tensor.h"

/** Tiles in shared memory: one in use, two that surely come in time, one that may. */
constexpr uint32_t SLOTS = 4;

// clang-format off
#define FORM(name, T, ROWS, COLUMNS, DOWN, ACROSS, A, B) \
  KERNEL(tiles##name, MatmulParams, DOWN * ACROSS * 32) {                     \
    matmulOnTensorCores<T, MmaTile<T, ROWS, COLUMNS, DOWN, ACROSS, SLOTS, A, B>>(p); \
  }
#define TENSOR(dtype, T)             \
  FORMS(dtype, T, 128, 128, 2, 2)    \
  FORMS(dtype, T, 128, 64, 2, 2)     \
  FORMS(dtype, T, 64, 64, 2, 2)
TENSOR(f16, f16)
TENSOR(bf16, bf16)
TENSOR(tf32, float)
// In TF32 it has no registers left.
FORMS(f16, f16, 256, 128, 4, 2)
FORMS(bf16, bf16, 256, 128, 4, 2)
