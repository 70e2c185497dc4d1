// y [M, N] = a [M, K] · bᵀ, b [N, K], M ≤ 4: a linear layer at batch 1 to 4. Every output is a dot product of two rows, so b is read
// once, where it lies, at the speed of memory; packing it, as matmul.c does, would take longer than the product.
//
// A tile is M rows of a by some rows of b, one vector of sums each: rows + columns + M · columns vectors fit the registers (gemm.h).
// Sums: k mod VL separately, in order within blocks of VL · KC, then the blocks, then the VL lanes. Tasks are rows of b.
#include "gemm.h"

#define ROWS_PER_TASK 32

typedef struct {
  const float *a, *b;
  float *y;
  int32_t m, k, n;
} MatmulFewRowsArgs;

INLINE void addProducts(const int rows, const int columns, vf sums[4][4], const vf *a, const vf *b) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) sums[i][j] = vfma(a[i], b[j], sums[i][j]);
}

// y[i · n + j] = Σ a[i] · b[j] for rows × columns outputs.
INLINE void dots(const int rows, const int columns, const float *a, const float *b, float *y, int k, int n) {
  vf totals[4][4] = {};
  for (int k0 = 0; k0 < k; k0 += VL * KC) {
    const int end = minInt(k, k0 + VL * KC);
    vf sums[4][4] = {}, ai[4], bj[4];
    int at = k0;
    _Pragma("clang loop unroll(disable)") for (; at + VL <= end; at += VL) {
      for (int i = 0; i < rows; i++) ai[i] = vload(a + (size_t)i * k + at);
      for (int j = 0; j < columns; j++) bj[j] = vload(b + (size_t)j * k + at);
      addProducts(rows, columns, sums, ai, bj);
    }
    if (at < end) {
      for (int i = 0; i < rows; i++) ai[i] = vloadn(a + (size_t)i * k + at, end - at);
      for (int j = 0; j < columns; j++) bj[j] = vloadn(b + (size_t)j * k + at, end - at);
      addProducts(rows, columns, sums, ai, bj);
    }
    for (int i = 0; i < rows; i++)
      for (int j = 0; j < columns; j++) totals[i][j] += sums[i][j];
  }
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++) y[(size_t)i * n + j] = vsum(totals[i][j]);
}

#define DOTS(rows, columns)                                                                                                  \
  __attribute__((noinline)) static void dots##rows##columns(const float *a, const float *b, float *y, int k, int n) {       \
    dots(rows, columns, a, b, y, k, n);                                                                                      \
  }

DOTS(1, 1)
DOTS(1, 4)
DOTS(2, 1)
DOTS(2, 4)
DOTS(3, 1)
DOTS(3, 2)
DOTS(4, 1)
DOTS(4, 2)

typedef void (*Dots)(const float *a, const float *b, float *y, int k, int n);

static const struct {
  Dots one, several;
  int columns;
} TILES[] = {{dots11, dots14, 4}, {dots21, dots24, 4}, {dots31, dots32, 2}, {dots41, dots42, 2}};

static void multiply(const void *p, int task, int worker) {
  const MatmulFewRowsArgs *args = p;
  const int k = args->k, n = args->n, columns = TILES[args->m - 1].columns, end = minInt(n, (task + 1) * ROWS_PER_TASK);
  int j = task * ROWS_PER_TASK;
  for (; j + columns <= end; j += columns) TILES[args->m - 1].several(args->a, args->b + (size_t)j * k, args->y + j, k, n);
  for (; j < end; j++) TILES[args->m - 1].one(args->a, args->b + (size_t)j * k, args->y + j, k, n);
}

KERNEL(matmulFewRows, MatmulFewRowsArgs) { parallelFor(multiply, args, ceilDiv(args->n, ROWS_PER_TASK)); }
