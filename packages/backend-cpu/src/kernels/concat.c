// y = parts side by side along one axis. As matrices of `outer` rows: each row of y is a row of every part in turn.
#include "strided.h"

typedef struct {
  char *y;
  const int32_t *parts; // (pointer, bytes of a row) of each
  int32_t count, outer;
  uint32_t rowBytes;
  int32_t tasks;
} ConcatArgs;

static void copyPart(const void *p, int task, int worker) {
  const ConcatArgs *args = p;
  // Cut by bytes of y: a few long rows are shared as well as many short ones.
  ByteRange range = byteRange((size_t)args->outer * args->rowBytes, task, args->tasks);
  size_t row = range.begin / args->rowBytes, at = row * args->rowBytes;
  for (; at < range.end; row++)
    for (int i = 0; i < args->count; i++) {
      size_t bytes = (uint32_t)args->parts[2 * i + 1], first = at < range.begin ? range.begin - at : 0;
      size_t last = at >= range.end ? 0 : at + bytes < range.end ? bytes : range.end - at;
      const char *part = (const char *)(size_t)args->parts[2 * i];
      if (first < last) copyBytes(args->y + at + first, part + row * bytes + first, last - first);
      at += bytes;
    }
}

KERNEL(concat, ConcatArgs) { parallelFor(copyPart, args, args->tasks); }
