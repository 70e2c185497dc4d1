// dx[i] = dy · Π x[j] over all j ≠ i that are reduced together: the product of those before times that of those behind, so that
// zeros are no case of their own. Products are f64: they reach further than the result.
#include "walk.h"

typedef struct {
  const float *x, *dy;
  float *dx;
  char *scratch; // offsets [count] of the reduced elements, then products [tasks, count]
  int32_t productsAt;
  int32_t outer, count, tasks;
  int32_t keptRank, reducedRank;
  int32_t axes[MAX_AXES * 4]; // (size, step) of kept, then of reduced axes
} ProdGradArgs;

static void prodGradPart(const void *p, int task, int worker) {
  const ProdGradArgs *args = p;
  const int32_t *offsets = (const int32_t *)args->scratch;
  double *before = (double *)(args->scratch + args->productsAt) + (size_t)task * args->count;
  Range range = taskRange(args->outer, 1, task, args->tasks);
  Walk kept = walkFrom(1, args->axes, args->keptRank, range.begin);
  for (int o = range.begin; o < range.end; o++, walkOn(1, &kept)) {
    const float *x = args->x + kept.at[0];
    float *dx = args->dx + kept.at[0];
    double product = 1;
    for (int i = 0; i < args->count; i++) {
      before[i] = product;
      product *= x[offsets[i]];
    }
    double behind = args->dy[o];
    for (int i = args->count - 1; i >= 0; i--) {
      dx[offsets[i]] = (float)(before[i] * behind);
      behind *= x[offsets[i]];
    }
  }
}

KERNEL(prodGrad, ProdGradArgs) {
  int32_t *offsets = (int32_t *)args->scratch;
  Walk reduced = walkFrom(1, args->axes + 2 * args->keptRank, args->reducedRank, 0);
  for (int i = 0; i < args->count; i++, walkOn(1, &reduced)) offsets[i] = reduced.at[0];
  parallelFor(prodGradPart, args, args->tasks);
}
