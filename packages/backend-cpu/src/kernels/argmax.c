// y[o, j] = the first i whose x[o, i, j] is largest, or NaN: x [outer, n, inner].
#include "ints.h"
#include "runtime.h"

typedef struct {
  const void *x;
  int32_t *y;
  int32_t outer, n, inner, isInt, tasks;
} ArgmaxArgs;

INLINE int anyLane(vi mask) {
  int32_t any = 0;
  for (int lane = 0; lane < VL; lane++) any |= mask[lane];
  return any;
}

// Two passes over a row: its largest value, then where that (or the first NaN) stands.
static int rowArgmax(const float *x, int n) {
  vf best = vsplat(x[0]);
  vi isNan = visplat(0);
  int i = 0;
  for (; i + VL <= n; i += VL) {
    vf v = vload(x + i);
    best = vmax(best, v);
    isNan |= v != v;
  }
  float largest = vhmax(best);
  int hasNan = anyLane(isNan);
  for (; i < n; i++) {
    largest = x[i] > largest ? x[i] : largest;
    hasNan |= x[i] != x[i];
  }
  for (i = 0; i + VL <= n; i += VL) {
    vf v = vload(x + i);
    if (anyLane(hasNan ? v != v : v == largest)) break;
  }
  while (hasNan ? x[i] == x[i] : x[i] != largest) i++;
  return i;
}

static int rowArgmaxInts(const int32_t *x, int n) {
  int best = 0;
  for (int i = 1; i < n; i++) best = x[i] > x[best] ? i : best;
  return best;
}

// `vectors` · VL columns at once; up to VL − 1 more than there are may be read and not stored.
INLINE void columnArgmax(const int vectors, const float *x, int n, int inner, int isInt, int32_t *y, int columns) {
  vf best[4];
  vi at[4];
  for (int q = 0; q < vectors; q++) {
    best[q] = vload(x + q * VL);
    at[q] = visplat(0);
  }
  for (int i = 1; i < n; i++) {
    const float *row = x + (size_t)i * inner;
    for (int q = 0; q < vectors; q++) {
      vf v = vload(row + q * VL);
      vi isBetter = isInt ? vbits(v) > vbits(best[q]) : (v > best[q]) | ((v != v) & (best[q] == best[q]));
      best[q] = vselect(isBetter, v, best[q]);
      at[q] = viselect(isBetter, visplat(i), at[q]);
    }
  }
  for (int j = 0; j < vectors * VL && j < columns; j++) y[j] = at[j / VL][j % VL];
}

static void floatColumns4(const float *x, int n, int inner, int32_t *y) { columnArgmax(4, x, n, inner, 0, y, 4 * VL); }
static void floatColumns(const float *x, int n, int inner, int32_t *y, int columns) { columnArgmax(1, x, n, inner, 0, y, columns); }
static void intColumns(const float *x, int n, int inner, int32_t *y, int columns) { columnArgmax(1, x, n, inner, 1, y, columns); }

static void argmaxPart(const void *p, int task, int worker) {
  const ArgmaxArgs *args = p;
  const int n = args->n, inner = args->inner;
  if (inner == 1) {
    Range rows = taskRange(args->outer, 1, task, args->tasks);
    for (int row = rows.begin; row < rows.end; row++)
      args->y[row] = args->isInt ? rowArgmaxInts((const int32_t *)args->x + (size_t)row * n, n) : rowArgmax((const float *)args->x + (size_t)row * n, n);
    return;
  }
  const int strips = ceilDiv(inner, 4 * VL);
  Range units = taskRange(args->outer * strips, 1, task, args->tasks);
  for (int unit = units.begin; unit < units.end; unit++) {
    int row = unit / strips, column = unit % strips * 4 * VL, columns = minInt(4 * VL, inner - column);
    const float *x = (const float *)args->x + (size_t)row * n * inner + column;
    int32_t *y = args->y + (size_t)row * inner + column;
    if (columns == 4 * VL && !args->isInt) floatColumns4(x, n, inner, y);
    else
      for (int j = 0; j < columns; j += VL) (args->isInt ? intColumns : floatColumns)(x + j, n, inner, y + j, columns - j);
  }
}

KERNEL(argmax, ArgmaxArgs) { parallelFor(argmaxPart, args, args->tasks); }
