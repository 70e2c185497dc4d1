// y[o, j] = the first i whose x[o, i, j] is largest, or NaN: x [outer, n, inner].
#include "ints.h"
#include "runtime.h"

typedef struct {
  const void *x;
  int32_t *y;
  int32_t outer, n, inner, isInt, tasks;
} ArgmaxArgs;

// Two passes over a row: its largest value, then where that stands first.
static int rowArgmax(const float *x, int n) {
  vf best = vsplat(x[0]);
  int i = 0;
  for (; i + VL <= n; i += VL) best = vmaxnan(best, vload(x + i));
  float largest = best[0];
  for (int lane = 1; lane < VL; lane++) largest = largest >= best[lane] || largest != largest ? largest : best[lane];
  for (; i < n; i++) largest = largest >= x[i] || largest != largest ? largest : x[i];
  i = 0;
  if (largest != largest) while (x[i] == x[i]) i++;
  else while (x[i] != largest) i++;
  return i;
}

static int rowArgmaxInts(const int32_t *x, int n) {
  int best = 0;
  for (int i = 1; i < n; i++) best = x[i] > x[best] ? i : best;
  return best;
}

// VL columns at once; up to VL − 1 more are read and not stored.
static void columnArgmax(const void *x, int n, int inner, int isInt, int32_t *y, int columns) {
  vi at = visplat(0), bestInt = viload(x);
  vf bestFloat = vload(x);
  for (int i = 1; i < n; i++) {
    vf f = vload((const float *)x + (size_t)i * inner);
    vi k = viload((const int32_t *)x + (size_t)i * inner);
    vi isBetter = isInt ? k > bestInt : (f > bestFloat) | ((f != f) & (bestFloat == bestFloat));
    bestInt = viselect(isBetter, k, bestInt);
    bestFloat = vselect(isBetter, f, bestFloat);
    at = viselect(isBetter, visplat(i), at);
  }
  for (int lane = 0; lane < VL; lane++)
    if (lane < columns) y[lane] = at[lane];
}

static void argmaxPart(const void *p, int task, int worker) {
  const ArgmaxArgs *args = p;
  const int n = args->n, inner = args->inner;
  if (inner == 1) {
    Range rows = taskRange(args->outer, 1, task, args->tasks);
    for (int row = rows.begin; row < rows.end; row++)
      args->y[row] = args->isInt ? rowArgmaxInts((const int32_t *)args->x + (size_t)row * n, n) : rowArgmax((const float *)args->x + (size_t)row * n, n);
    return;
  }
  int vectors = ceilDiv(inner, VL);
  Range units = taskRange(args->outer * vectors, 1, task, args->tasks);
  for (int unit = units.begin; unit < units.end; unit++) {
    int row = unit / vectors, column = unit % vectors * VL;
    const float *x = (const float *)args->x + (size_t)row * n * inner + column;
    columnArgmax(x, n, inner, args->isInt, args->y + (size_t)row * inner + column, inner - column);
  }
}

KERNEL(argmax, ArgmaxArgs) { parallelFor(argmaxPart, args, args->tasks); }
