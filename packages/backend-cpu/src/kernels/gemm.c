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
#if VL == 4
  // 4×4 blocks, two a step: rows 0–3 and 4–7.
  if (width == NR)
    for (; k + VL <= steps; k += VL)
      for (int half = 0; half < NR; half += VL) {
        const float *from = rows + (size_t)half * stride + k;
        vf r0 = vload(from), r1 = vload(from + stride), r2 = vload(from + 2 * (size_t)stride), r3 = vload(from + 3 * (size_t)stride);
        vf low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5), high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
        vf low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5), high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
        float *to = panel + (size_t)k * NR + half;
        vstore(to, __builtin_shufflevector(low01, low23, 0, 1, 4, 5));
        vstore(to + NR, __builtin_shufflevector(low01, low23, 2, 3, 6, 7));
        vstore(to + 2 * NR, __builtin_shufflevector(high01, high23, 0, 1, 4, 5));
        vstore(to + 3 * NR, __builtin_shufflevector(high01, high23, 2, 3, 6, 7));
      }
#endif
  for (; k < steps; k++)
    for (int c = 0; c < NR; c++) panel[(size_t)k * NR + c] = c < width ? rows[(size_t)c * stride + k] : 0;
}
