#include "gemm.h"

#define UNROLL _Pragma("clang loop unroll(full)")

typedef vf Sums[MR][2];

INLINE void multiply(const int rows, vf s[MR][2], const float *a, int lda, const float *b) {
  vf b0 = vload(b), b1 = vload(b + VL);
  UNROLL for (int i = 0; i < rows; i++) {
    vf ai = vsplat(a[i * lda]);
    s[i][0] = vfma(ai, b0, s[i][0]);
    s[i][1] = vfma(ai, b1, s[i][1]);
  }
}

INLINE void finish(const int rows, vf s[MR][2], const TileOut *out) {
  float *y = out->y;
  const int columns = out->columns;
  UNROLL for (int i = 0; i < rows; i++, y += out->stride) {
    vf y0 = s[i][0], y1 = s[i][1];
    if (out->bias && !out->accumulate) {
      y0 += vsplat(out->bias[i]);
      y1 += vsplat(out->bias[i]);
    }
    if (columns == NR) {
      vstore(y, out->accumulate ? vload(y) + y0 : y0);
      vstore(y + VL, out->accumulate ? vload(y + VL) + y1 : y1);
    } else {
      float lanes[NR];
      vstore(lanes, y0);
      vstore(lanes + VL, y1);
      for (int j = 0; j < columns; j++) y[j] = out->accumulate ? y[j] + lanes[j] : lanes[j];
    }
  }
}

#define TILE(rows)                                                                                                       \
  __attribute__((noinline)) static void packed##rows(int k, const float *a, int lda, const float *b, const TileOut *out) { \
    Sums s = {};                                                                                                         \
    _Pragma("clang loop unroll(disable)") for (; k > 0; k--, a++, b += NR) multiply(rows, s, a, lda, b);                  \
    finish(rows, s, out);                                                                                                \
  }                                                                                                                      \
  __attribute__((noinline)) static void offset##rows(int k, const float *a, int lda, const float *b, const int32_t *at, const TileOut *out) { \
    Sums s = {};                                                                                                         \
    _Pragma("clang loop unroll(disable)") for (; k > 0; k--, a++, at++) multiply(rows, s, a, lda, b + *at);               \
    finish(rows, s, out);                                                                                                \
  }

// As multiply, with row i of A at its own place.
INLINE void multiplyRows(const int rows, vf s[MR][2], const float *const *a, int at, const float *b) {
  vf b0 = vload(b), b1 = vload(b + VL);
  UNROLL for (int i = 0; i < rows; i++) {
    vf ai = vsplat(a[i][at]);
    s[i][0] = vfma(ai, b0, s[i][0]);
    s[i][1] = vfma(ai, b1, s[i][1]);
  }
}

// Sums [rows, NR] to NR rows of y, `rows` floats each.
INLINE void finishTransposed(const int rows, vf s[MR][2], const TileOut *out) {
  UNROLL for (int half = 0; half < 2; half++) {
    vf block[VL] = {};
    UNROLL for (int i = 0; i < rows; i++) {
      block[i] = s[i][half];
      if (out->bias && !out->accumulate) block[i] += vload(out->bias + half * VL);
    }
    vtranspose(block);
    float *y = out->y + (size_t)half * VL * out->stride;
    const int columns = minInt(VL, out->columns - half * VL);
    for (int j = 0; j < columns; j++, y += out->stride) {
      vf v = out->accumulate ? vload(y) + block[j] : block[j];
      if (rows == VL) vstore(y, v);
      else vstoren(y, v, rows);
    }
  }
}

#define ROWS_TILE(name, rows, finish)                                                                                    \
  __attribute__((noinline)) static void name##rows(int k, const float *const *rowsOfA, const int32_t *at, const float *b, const TileOut *out) { \
    Sums s = {};                                                                                                         \
    const float *a[rows];                                                                                                \
    UNROLL for (int i = 0; i < rows; i++) a[i] = rowsOfA[i];                                                             \
    _Pragma("clang loop unroll(disable)") for (; k > 0; k--, at++, b += NR) multiplyRows(rows, s, a, *at, b);             \
    finish(rows, s, out);                                                                                                \
  }

ROWS_TILE(rowsAt, 1, finish)
ROWS_TILE(rowsAt, 2, finish)
ROWS_TILE(rowsAt, 3, finish)
ROWS_TILE(rowsAt, 4, finish)
ROWS_TILE(transposed, 1, finishTransposed)
ROWS_TILE(transposed, 2, finishTransposed)
ROWS_TILE(transposed, 3, finishTransposed)
ROWS_TILE(transposed, 4, finishTransposed)

void gemmTileRowsAt(int rows, int k, const float *const *a, const int32_t *offsets, const float *panel, const TileOut *out) {
  if (rows == 4) rowsAt4(k, a, offsets, panel, out);
  else if (rows == 3) rowsAt3(k, a, offsets, panel, out);
  else if (rows == 2) rowsAt2(k, a, offsets, panel, out);
  else rowsAt1(k, a, offsets, panel, out);
}

void gemmTileTransposed(int rows, int k, const float *const *a, const int32_t *offsets, const float *panel, const TileOut *out) {
  if (rows == 4) transposed4(k, a, offsets, panel, out);
  else if (rows == 3) transposed3(k, a, offsets, panel, out);
  else if (rows == 2) transposed2(k, a, offsets, panel, out);
  else transposed1(k, a, offsets, panel, out);
}

TILE(1)
TILE(2)
TILE(3)
TILE(4)

void gemmTile(int rows, int k, const float *a, int lda, const float *panel, const TileOut *out) {
  if (rows == 4) packed4(k, a, lda, panel, out);
  else if (rows == 3) packed3(k, a, lda, panel, out);
  else if (rows == 2) packed2(k, a, lda, panel, out);
  else packed1(k, a, lda, panel, out);
}

void gemmTileAt(int rows, int k, const float *a, int lda, const float *b, const int32_t *offsets, const TileOut *out) {
  if (rows == 4) offset4(k, a, lda, b, offsets, out);
  else if (rows == 3) offset3(k, a, lda, b, offsets, out);
  else if (rows == 2) offset2(k, a, lda, b, offsets, out);
  else offset1(k, a, lda, b, offsets, out);
}

void packTransposed(float *panel, const float *rows, int stride, int steps, int width) {
  int k = 0;
  if (width == NR)
    for (; k + VL <= steps; k += VL)
      for (int half = 0; half < NR; half += VL) {
        vf block[VL];
        for (int i = 0; i < VL; i++) block[i] = vload(rows + (size_t)(half + i) * stride + k);
        vtranspose(block);
        for (int i = 0; i < VL; i++) vstore(panel + (size_t)(k + i) * NR + half, block[i]);
      }
  for (; k < steps; k++)
    for (int c = 0; c < NR; c++) panel[(size_t)k * NR + c] = c < width ? rows[(size_t)c * stride + k] : 0;
}
