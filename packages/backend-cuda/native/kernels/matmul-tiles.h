// What the kernels that make y[m, n] = Σ a[m, k] · b[k, n] by tiles have in common.
#pragma once
#include "matmul-batch.h"

/** One operand: k × `length` elements, or `length` × k. */
struct MatmulSide {
  uint32_t length;
  uint32_t isAlongK;
  /** The contiguous axis is a multiple of 4. */
  uint32_t isInFours;
};

struct MatmulParams {
  const void* a;
  const void* b;
  /** Of T; f32 where it is parts of sums. */
  void* y;
  MatmulSide sideA;
  MatmulSide sideB;
  uint32_t k;
  uint32_t rowTiles, columnTiles;
  /** Of k, each with sums of its own; terms of each, a multiple of 256; elements from one part's y to the next one's. */
  uint32_t parts, partTerms, partElements;
  MatmulBatch batch;
};

/** Four neighbours of a row, as far as the row goes. */
template <class Y>
__device__ void storeRow(Y* y, uint32_t count, bool isInFours, const float (&values)[4]) {
  Quad<Y> quad;
  for (int j = 0; j < 4; j++) quad.at[j] = fromFloat<Y>(values[j]);
  if (isInFours && count > 0) storeQuad(y, quad);
  if (isInFours) return;
  for (uint32_t j = 0; j < 4; j++)
    if (j < count) y[j] = quad.at[j];
}
