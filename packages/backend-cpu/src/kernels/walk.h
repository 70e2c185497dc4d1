// A walk over the rows of strided arrays: what elementwise, movement and reduction kernels share.
//
// Axes come from the plan (axes.ts) as `rank` records of 1 + OPERANDS words, outermost first: the size, then each operand's step in
// elements. Row r of `axes` is the r-th index tuple in logical order; `at[k]` is operand k's offset there.
#pragma once
#include "runtime.h"

#define MAX_AXES 8
#define MAX_OPERANDS 3

typedef struct {
  const int32_t *axes;
  int rank;
  int index[MAX_AXES];
  int32_t at[MAX_OPERANDS];
} Walk;

INLINE Walk walkFrom(const int operands, const int32_t *axes, int rank, int row) {
  Walk walk = {.axes = axes, .rank = rank};
  for (int axis = rank - 1; axis >= 0; axis--) {
    const int32_t *record = axes + axis * (1 + operands);
    int i = row % record[0];
    row /= record[0];
    walk.index[axis] = i;
    for (int k = 0; k < operands; k++) walk.at[k] += i * record[1 + k];
  }
  return walk;
}

INLINE void walkOn(const int operands, Walk *walk) {
  for (int axis = walk->rank - 1; axis >= 0; axis--) {
    const int32_t *record = walk->axes + axis * (1 + operands);
    if (++walk->index[axis] < record[0]) {
      for (int k = 0; k < operands; k++) walk->at[k] += record[1 + k];
      return;
    }
    walk->index[axis] = 0;
    for (int k = 0; k < operands; k++) walk->at[k] -= (record[0] - 1) * record[1 + k];
  }
}
