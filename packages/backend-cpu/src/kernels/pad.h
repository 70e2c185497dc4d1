// Axes of a tensor and its padded form, for pad and padGrad. Neighbouring axes without padding are joined by the plan.
#pragma once
#include "walk.h"

enum { PAD_CONSTANT, PAD_REFLECT, PAD_REPLICATE };

typedef struct {
  int32_t size, before, after;
} PaddedAxis;

INLINE int paddedSize(const PaddedAxis *axis) { return axis->before + axis->size + axis->after; }

// The index tuple of row `row` of a tensor of these sizes, its last axis being the row.
#define ROW_INDEX(index, axes, rank, row, sizeOfAxis)                       \
  for (int axis = (rank) - 2, rest = (row); axis >= 0; axis--) {            \
    index[axis] = rest % sizeOfAxis(&(axes)[axis]);                         \
    rest /= sizeOfAxis(&(axes)[axis]);                                      \
  }
