// The batch axes of products, and their operands' rows read four elements at a time.
#pragma once
#include "quads.h"

struct MatmulAxis {
  uint32_t size;
  /** Elements from one matrix of a, and of b, to the next. */
  uint32_t a, b;
};

struct MatmulBatch {
  uint32_t rank;
  MatmulAxis axes[8];
};

/** Where the matrices of an entry of the batch begin. */
struct MatmulStarts {
  uint32_t a, b;
};

__device__ inline MatmulStarts startsOf(const MatmulBatch& batch, uint32_t entry) {
  MatmulStarts starts{0, 0};
  for (uint32_t axis = batch.rank; axis > 0; axis--) {
    const MatmulAxis& row = batch.axes[axis - 1];
    starts.a += entry % row.size * row.a;
    starts.b += entry % row.size * row.b;
    entry /= row.size;
  }
  return starts;
}

/** The first `count` of four neighbours, then zeros. Where rows are whole quads (`isInFours`), so is this, if there is any of it. */
template <class T>
__device__ inline Quad<float> readQuad(const T* from, uint32_t count, bool isInFours) {
  Quad<float> result{};
  if (isInFours) {
    if (count == 0) return result;
    const Quad<T> quad = loadQuad(from);
    for (int j = 0; j < 4; j++) result.at[j] = toFloat(quad.at[j]);
    return result;
  }
  for (uint32_t j = 0; j < 4; j++) result.at[j] = j < count ? toFloat(from[j]) : 0;
  return result;
}

/** Elements from `place` to `end`; 0 past it. */
__device__ inline uint32_t restOf(uint32_t place, uint32_t end) { return place < end ? end - place : 0; }
