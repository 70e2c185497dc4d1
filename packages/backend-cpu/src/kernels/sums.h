// Sums that stay accurate for any length: SUM_BLOCK terms in 4 · VL f32 chains, then the blocks in f64. What is left of the last
// vector is added in f64 at once.
#pragma once
#include "runtime.h"

#define SUM_BLOCK 256
#define CHAINS 4

INLINE double sumFloats(const float *x, int n) {
  double total = 0;
  int i = 0;
  while (i + VL <= n) {
    int end = minInt(n, i + SUM_BLOCK);
    vf sum[CHAINS] = {0};
    for (; i + CHAINS * VL <= end; i += CHAINS * VL)
      for (int k = 0; k < CHAINS; k++) sum[k] += vload(x + i + k * VL);
    for (; i + VL <= end; i += VL) sum[0] += vload(x + i);
    total += vsum((sum[0] + sum[1]) + (sum[2] + sum[3]));
  }
  for (; i < n; i++) total += x[i];
  return total;
}
