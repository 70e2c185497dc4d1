// y = 0; y[i, indices[i, j, k], k] += values[i, j, k] in order of j, in each thread on elements of its own.
#include "indexed.h"
#include "strided.h"

static int scatter(float *y, const float *values, const int32_t *indices, const IndexedArgs *args, Range run) {
  int wrong = 0;
  for (int j = 0; j < args->length; j++, values += args->indexStep, indices += args->indexStep)
    for (int k = run.begin; k < run.end; k++) {
      int index = indices[k];
      if ((uint32_t)index < (uint32_t)args->size) y[(size_t)index * args->tensorStep + k] += values[k];
      else wrong = 1;
    }
  return wrong;
}

static void scatterPart(const void *p, int task, int worker) {
  const IndexedArgs *args = p;
  Range range = taskRange(args->outer * args->blocks, 1, task, args->tasks);
  int wrong = 0;
  for (int unit = range.begin; unit < range.end; unit++) {
    Walk walk = walkFrom(2, args->axes, args->rank, unit / args->blocks);
    Range run = taskRange(args->inner, 64, unit % args->blocks, args->blocks);
    wrong |= scatter((float *)args->y + walk.at[1], (const float *)args->data + walk.at[0], args->indices + walk.at[0], args, run);
  }
  if (wrong) raiseError(INDEX_OUT_OF_RANGE);
}

KERNEL(scatterAdd, IndexedArgs) {
  fillBytes(&(FillArgs){args->y, args->yBytes, 0, args->tasks});
  if (args->outer * args->length * args->inner > 0) parallelFor(scatterPart, args, args->tasks);
}
