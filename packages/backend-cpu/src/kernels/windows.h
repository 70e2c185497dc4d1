// Loads for kernels whose neighbouring outputs read `stride` inputs apart.
#pragma once
#include "runtime.h"

// p[0], p[stride], …, one a lane; may load (and discard) VL − 1 floats behind the last. Inlined with a constant stride.
INLINE vf vloadEvery(const float *p, int stride) {
  if (stride == 1) return vload(p);
  if (stride == 2) return vevens(vload(p), vload(p + VL));
  vf v = vsplat(p[0]);
  for (int lane = 1; lane < VL; lane++) v[lane] = p[lane * stride];
  return v;
}

// 0, stride, 2 · stride, …
INLINE vi viota(int stride) {
  vi v;
  for (int lane = 0; lane < VL; lane++) v[lane] = lane * stride;
  return v;
}
