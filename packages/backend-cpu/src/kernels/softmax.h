// softmax and logSoftmax along the middle axis of [outer, n, inner]: the largest x is subtracted first. A row that holds NaN or
// +∞, or nothing but −∞, becomes NaN, as in PyTorch.
//
// Sums: BLOCK terms, at most BLOCK / VL of them in order, then the blocks in f64 (inner = 1) or in order. A unit of work is a
// row (inner = 1) or all of n by up to COLUMNS columns of inner.
#pragma once
#include "math.h"
#include "runtime.h"

#define BLOCK 256
#define COLUMNS 64

typedef struct {
  const float *x;
  float *y;
  int32_t outer, n, inner, tasks;
} SoftmaxArgs;

// log64 takes numbers only; a sum is at least 1, or NaN.
INLINE float logOfSum(double sum) { return sum == sum ? (float)log64(sum) : __builtin_nanf(""); }

// Always inlined with a constant isLog.
INLINE void softmaxRow(const float *x, float *y, int n, int isLog) {
  vf largest = vsplat(-__builtin_inff());
  int i = 0;
  for (; i + VL <= n; i += VL) largest = vmax(largest, vload(x + i));
  float max = vhmax(largest);
  for (; i < n; i++) max = x[i] > max ? x[i] : max;

  double sum = 0;
  for (int block = 0; block < n; block += BLOCK) {
    int end = minInt(n, block + BLOCK);
    vf partial = vsplat(0);
    for (i = block; i + VL <= end; i += VL) {
      vf e = vexp(vload(x + i) - max);
      if (!isLog) vstore(y + i, e);
      partial += e;
    }
    sum += vsum(partial);
    if (i == end) continue;
    vf e = vexp(vload(x + i) - max);
    if (!isLog) vstoren(y + i, e, end - i);
    for (int lane = 0; lane < VL; lane++) sum += lane < end - i ? e[lane] : 0;
  }

  float scale = isLog ? logOfSum(sum) : (float)sum;
  for (i = 0; i < n; i += VL) {
    vf v = isLog ? vload(x + i) - max - scale : vload(y + i) / scale;
    if (n - i >= VL) vstore(y + i, v);
    else vstoren(y + i, v, n - i);
  }
}

INLINE void softmaxColumns(const float *x, float *y, int n, int inner, int columns, int isLog) {
  float max[COLUMNS], sum[COLUMNS], partial[COLUMNS];
  fillFloats(max, -__builtin_inff(), COLUMNS);
  fillFloats(sum, 0, COLUMNS);
  for (int k = 0; k < n; k++) {
    const float *row = x + (size_t)k * inner;
    for (int j = 0; j < columns; j += VL) vstore(max + j, vmax(vload(max + j), vload(row + j)));
  }
  for (int block = 0; block < n; block += BLOCK) {
    fillFloats(partial, 0, COLUMNS);
    for (int k = block; k < minInt(n, block + BLOCK); k++)
      for (int j = 0; j < columns; j += VL) {
        const size_t at = (size_t)k * inner + j;
        vf e = vexp(vload(x + at) - vload(max + j));
        vstore(partial + j, vload(partial + j) + e);
        if (!isLog && columns - j >= VL) vstore(y + at, e);
        else if (!isLog) vstoren(y + at, e, columns - j);
      }
    for (int j = 0; j < columns; j += VL) vstore(sum + j, vload(sum + j) + vload(partial + j));
  }
  if (isLog)
    for (int j = 0; j < columns; j++) sum[j] = logOfSum(sum[j]);
  for (int k = 0; k < n; k++)
    for (int j = 0; j < columns; j += VL) {
      const size_t at = (size_t)k * inner + j;
      vf v = isLog ? vload(x + at) - vload(max + j) - vload(sum + j) : vload(y + at) / vload(sum + j);
      if (columns - j >= VL) vstore(y + at, v);
      else vstoren(y + at, v, columns - j);
    }
}

INLINE void softmaxPart(const SoftmaxArgs *args, int task, int isLog) {
  int n = args->n, inner = args->inner, chunks = ceilDiv(inner, COLUMNS);
  Range units = taskRange(args->outer * chunks, 1, task, args->tasks);
  for (int unit = units.begin; unit < units.end; unit++) {
    int first = unit % chunks * COLUMNS;
    size_t at = (size_t)(unit / chunks) * n * inner + first;
    if (inner == 1) softmaxRow(args->x + at, args->y + at, n, isLog);
    else softmaxColumns(args->x + at, args->y + at, n, inner, minInt(COLUMNS, inner - first), isLog);
  }
}
