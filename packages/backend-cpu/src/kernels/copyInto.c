// target[i] = source[i]
#include "strided.h"

typedef struct {
  char *target;
  const char *source;
  uint32_t bytes;
  int32_t tasks;
} CopyIntoArgs;

static void copyPart(const void *p, int task, int worker) {
  const CopyIntoArgs *args = p;
  ByteRange range = byteRange(args->bytes, task, args->tasks);
  copyBytes(args->target + range.begin, args->source + range.begin, range.end - range.begin);
}

KERNEL(copyInto, CopyIntoArgs) { parallelFor(copyPart, args, args->tasks); }
