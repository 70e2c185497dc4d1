// gather and scatterAdd see their tensors as: outer axes (any, strided in data), the indexed axis, and an inner run of `inner`
// elements contiguous in data and indices. Outer axes and the run are independent of each other: tasks are cut there.
#pragma once
#include "errors.h"
#include "walk.h"

typedef struct {
  const char *data;       // gather: x; scatterAdd: values, which lie like the indices
  const int32_t *indices; // [outer, length, inner]; gather's y lies like them
  char *y;
  int32_t elementBytes, tasks;
  int32_t outer;
  // The indexed axis: its length in indices, its size in the tensor indexed, and the steps of one index in both.
  int32_t length, size, indexStep, tensorStep;
  int32_t inner, blocks; // the run is cut into `blocks` parts for tasks
  int32_t missing; // gather: what an index out of range gives, as bits
  uint32_t yBytes;
  int32_t rank;
  int32_t axes[MAX_AXES * 3]; // outer axes: (size, step of the indices, step of the tensor indexed)
} IndexedArgs;
