// Copies between strided arrays: the kernel behind expand, permute, slice, sliceGrad and constant pad.
#pragma once
#include "walk.h"

typedef struct {
  const char *x;
  char *y;
  int32_t elementBytes; // 1, 2 or 4
  // `rows` index tuples of the outer axes, each with a row of `columns` elements, xStep and yStep apart.
  int32_t tasks, rows, columns, xStep, yStep;
  // Where lines > 1, a row is a matrix to transpose: y [lines, columns] from x [columns, lines], rows yLine and xStep apart.
  int32_t lines, yLine;
  int32_t rank;
  int32_t axes[MAX_AXES * 3]; // (size, step of x, step of y)
} StridedArgs;

void copyStrided(const StridedArgs *args);

typedef struct {
  char *y;
  uint32_t bytes;
  int32_t pattern, tasks;
} FillArgs;

// Fills y with `pattern`, an element repeated up to 4 bytes.
void fillBytes(const FillArgs *args);

// The part of `bytes` bytes that is a task's, in cache lines. Unsigned: a tensor may pass 2 GiB.
typedef struct { size_t begin, end; } ByteRange;
INLINE ByteRange byteRange(size_t bytes, int task, int tasks) {
  Range lines = taskRange((int)((bytes + 63) / 64), 1, task, tasks);
  size_t end = (size_t)lines.end * 64;
  return (ByteRange){(size_t)lines.begin * 64, end < bytes ? end : bytes};
}

// memcpy that is quick for short rows too.
INLINE void copyBytes(char *to, const char *from, size_t bytes) {
  if (bytes >= 512) {
    __builtin_memcpy(to, from, bytes);
    return;
  }
  size_t i = 0;
  for (; i + 4 * VL <= bytes; i += 4 * VL) vistore((int32_t *)(to + i), viload((const int32_t *)(from + i)));
  for (; i < bytes; i++) to[i] = from[i];
}
