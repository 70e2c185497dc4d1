// Products of matrices as in matmul-tensor.h, by the tiles of mma-tile.h.
#include "matmul-tensor.h"

/** Tiles in shared memory: one in use, two that surely come in time, one that may. */
constexpr uint32_t SLOTS = 4;

// N: an operand's rows are the matrix's, T: its columns. a is [M, K] or [K, M], b [K, N] or [N, K].
// clang-format off
#define FORMS(dtype, T, ROWS, COLUMNS, DOWN, ACROSS)                                  \
  FORM(ROWS##x##COLUMNS##NN_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, true, false)     \
  FORM(ROWS##x##COLUMNS##NT_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, true, true)      \
  FORM(ROWS##x##COLUMNS##TN_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, false, false)    \
  FORM(ROWS##x##COLUMNS##TT_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, false, true)
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
