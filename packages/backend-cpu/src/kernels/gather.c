// y[i, j, k] = x[i, indices[i, j, k], k]: y lies like the indices. Out of range: an error, and NaN (0 for integers) in y.
#include "indexed.h"

#define GATHER(T)                                                                                                     \
  static int gather##T(T *y, const T *x, const int32_t *indices, const IndexedArgs *args, Range run, T missing) {      \
    int wrong = 0;                                                                                                    \
    for (int j = 0; j < args->length; j++, y += args->indexStep, indices += args->indexStep)                           \
      for (int k = run.begin; k < run.end; k++) {                                                                     \
        int index = indices[k], isInside = (uint32_t)index < (uint32_t)args->size;                                    \
        y[k] = isInside ? x[(size_t)index * args->tensorStep + k] : missing;                                          \
        wrong |= !isInside;                                                                                           \
      }                                                                                                               \
    return wrong;                                                                                                     \
  }

GATHER(int8_t)
GATHER(int16_t)
GATHER(int32_t)

static void gatherPart(const void *p, int task, int worker) {
  const IndexedArgs *args = p;
  Range range = taskRange(args->outer * args->blocks, 1, task, args->tasks);
  int wrong = 0;
  for (int unit = range.begin; unit < range.end; unit++) {
    Walk walk = walkFrom(2, args->axes, args->rank, unit / args->blocks);
    Range run = taskRange(args->inner, 64, unit % args->blocks, args->blocks);
    const int32_t *indices = args->indices + walk.at[0];
    char *y = args->y + (size_t)walk.at[0] * args->elementBytes;
    const char *x = args->data + (size_t)walk.at[1] * args->elementBytes;
    if (args->elementBytes == 4) wrong |= gatherint32_t((int32_t *)y, (const int32_t *)x, indices, args, run, args->missing);
    else if (args->elementBytes == 2) wrong |= gatherint16_t((int16_t *)y, (const int16_t *)x, indices, args, run, (int16_t)args->missing);
    else wrong |= gatherint8_t((int8_t *)y, (const int8_t *)x, indices, args, run, (int8_t)args->missing);
  }
  if (wrong) raiseError(INDEX_OUT_OF_RANGE);
}

KERNEL(gather, IndexedArgs) { parallelFor(gatherPart, args, args->tasks); }
