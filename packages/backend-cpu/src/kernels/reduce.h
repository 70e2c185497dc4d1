// Template of a reduction of x over some of its axes. The including file names the element and the operation:
//
//   NAME(function)      a name of its own for each function defined here
//   T, V, LOAD, STORE   element, vector, and how one is loaded and stored
//   OP(V, V), OP1(T, T) the operation on vectors and on scalars;  IDENTITY, a T
//
// The axes left after joining neighbours are kept or reduced. Is the innermost one reduced, rows of `inner` elements are summed up
// (rowwise); is it kept, rows are added to each other, COLUMNS at a time. Kept axes make `outer` outputs (of `inner` columns),
// reduced ones `rows` rows. Few outputs of many rows are cut into `parts`, each with its own place in `partials`.
//
// Sums are trees: leaves of at most ROW_LEAF elements or LEAF_ROWS rows, then pairs of leaves, pairs of pairs, pairs of parts. All of
// it follows from the shape, so results don't depend on threads. At most SUM_BLOCK (sum.ts) terms are added one after the other.
#include "walk.h"

#ifndef REDUCE_H
#define REDUCE_H

#define COLUMNS 256
#define LEAF_ROWS 64
#define ROW_LEAF 1024
#define LEVELS 26 // of pairs: 2³¹ rows in leaves of 64

typedef struct {
  const void *x;
  void *y;
  void *partials; // [outer, parts, rowwise ? 1 : inner]; y where parts = 1
  int32_t tasks, isRowwise;
  int32_t outer, rows, inner;
  // A part is some rows, and rowwise perhaps some of a row's elements: rowParts · innerParts = parts.
  int32_t rowParts, innerParts;
  int32_t keptRank, reducedRank;
  int32_t axes[MAX_AXES * 4]; // (size, step) of kept, then of reduced axes
} ReduceArgs;

#endif

// Lanes combined as ((0, 2), (1, 3)).
static T NAME(Lanes)(V v) {
  T lanes[VL];
  STORE(lanes, v);
  for (int width = VL / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] = OP1(lanes[i], lanes[i + width]);
  return lanes[0];
}

static T NAME(RowLeaf)(const T *x, int n) {
  T rest = IDENTITY;
  int i = 0;
  if (n >= VL) {
    V a = LOAD(x);
    i = VL;
    if (n >= 4 * VL) {
      V b = LOAD(x + VL), c = LOAD(x + 2 * VL), d = LOAD(x + 3 * VL);
      for (i = 4 * VL; i + 4 * VL <= n; i += 4 * VL) {
        a = OP(a, LOAD(x + i));
        b = OP(b, LOAD(x + i + VL));
        c = OP(c, LOAD(x + i + 2 * VL));
        d = OP(d, LOAD(x + i + 3 * VL));
      }
      a = OP(OP(a, b), OP(c, d));
    }
    for (; i + VL <= n; i += VL) a = OP(a, LOAD(x + i));
    rest = NAME(Lanes)(a);
  }
  for (; i < n; i++) rest = OP1(rest, x[i]);
  return rest;
}

static T NAME(Row)(const T *x, int n) {
  if (n <= ROW_LEAF) return NAME(RowLeaf)(x, n);
  int half = ceilDiv(n, 2 * ROW_LEAF) * ROW_LEAF;
  return OP1(NAME(Row)(x, half), NAME(Row)(x + half, n - half));
}

// One output from rows `rows`, elements `columns` of each.
static T NAME(Rows)(const ReduceArgs *args, const T *x, Range rows, Range columns) {
  int n = columns.end - columns.begin;
  Walk walk = walkFrom(1, args->axes + 2 * args->keptRank, args->reducedRank, rows.begin);
  T levels[LEVELS + 6];
  int depth = 0;
  for (int row = rows.begin; row < rows.end; row++) {
    levels[depth++] = NAME(Row)(x + walk.at[0] + columns.begin, n);
    for (int leaves = row - rows.begin; leaves & 1; leaves >>= 1, depth--) levels[depth - 2] = OP1(levels[depth - 2], levels[depth - 1]);
    walkOn(1, &walk);
  }
  for (; depth > 1; depth--) levels[depth - 2] = OP1(levels[depth - 2], levels[depth - 1]);
  return levels[0];
}

static void NAME(Add)(T *to, const T *from, int n) {
  for (int j = 0; j < n; j += VL) STORE(to + j, OP(LOAD(to + j), LOAD(from + j)));
}

// `leaf` = the next `rows` rows of n ≤ COLUMNS columns; up to VL − 1 columns more are read and dropped later.
static void NAME(Leaf)(T *leaf, const T *x, Walk *walk, int rows, int n) {
  const T *row[4];
  int done = 0;
  for (; done + 4 <= rows; done += 4) {
    for (int i = 0; i < 4; i++, walkOn(1, walk)) row[i] = x + walk->at[0];
    if (done == 0)
      for (int j = 0; j < n; j += VL) STORE(leaf + j, OP(OP(LOAD(row[0] + j), LOAD(row[1] + j)), OP(LOAD(row[2] + j), LOAD(row[3] + j))));
    else
      for (int j = 0; j < n; j += VL)
        STORE(leaf + j, OP(LOAD(leaf + j), OP(OP(LOAD(row[0] + j), LOAD(row[1] + j)), OP(LOAD(row[2] + j), LOAD(row[3] + j)))));
  }
  for (; done < rows; done++, walkOn(1, walk)) {
    if (done > 0) NAME(Add)(leaf, x + walk->at[0], n);
    else
      for (int j = 0; j < n; j += VL) STORE(leaf + j, LOAD(x + walk->at[0] + j));
  }
}

// n ≤ COLUMNS outputs from rows `rows`.
static void NAME(Columns)(const ReduceArgs *args, const T *x, Range rows, int n, T *y) {
  Walk walk = walkFrom(1, args->axes + 2 * args->keptRank, args->reducedRank, rows.begin);
  T levels[LEVELS][COLUMNS];
  int depth = 0, leaves = 0;
  for (int row = rows.begin; row < rows.end; row += LEAF_ROWS, leaves++) {
    NAME(Leaf)(levels[depth++], x, &walk, minInt(LEAF_ROWS, rows.end - row), n);
    for (int pairs = leaves; pairs & 1; pairs >>= 1, depth--) NAME(Add)(levels[depth - 2], levels[depth - 1], n);
  }
  for (; depth > 1; depth--) NAME(Add)(levels[depth - 2], levels[depth - 1], n);
  for (int j = 0; j < n; j++) y[j] = levels[0][j];
}

static void NAME(Part)(const void *p, int task, int worker) {
  const ReduceArgs *args = p;
  const int parts = args->rowParts * args->innerParts, blocks = args->isRowwise ? 1 : ceilDiv(args->inner, COLUMNS);
  Range units = taskRange(args->outer * parts * blocks, 1, task, args->tasks);
  if (units.begin == units.end) return;
  Walk kept = walkFrom(1, args->axes, args->keptRank, units.begin / blocks / parts);
  int block = units.begin % blocks, part = units.begin / blocks % parts;
  for (int unit = units.begin; unit < units.end; unit++) {
    const T *x = (const T *)args->x + kept.at[0];
    T *y = (T *)args->partials + (args->isRowwise ? unit : (size_t)(unit / blocks) * args->inner + block * COLUMNS);
    Range rows = taskRange(args->rows, 1, part / args->innerParts, args->rowParts);
    if (args->isRowwise) *y = NAME(Rows)(args, x, rows, taskRange(args->inner, ROW_LEAF, part % args->innerParts, args->innerParts));
    else NAME(Columns)(args, x + block * COLUMNS, rows, minInt(COLUMNS, args->inner - block * COLUMNS), y);
    if (++block < blocks) continue;
    block = 0;
    if (++part < parts) continue;
    part = 0;
    walkOn(1, &kept);
  }
}

static void NAME(Reduce)(const ReduceArgs *args) {
  parallelFor(NAME(Part), args, args->tasks);
  const int parts = args->rowParts * args->innerParts, n = args->isRowwise ? 1 : args->inner;
  if (parts == 1) return;
  T *partials = args->partials, *y = args->y;
  for (int o = 0; o < args->outer; o++, partials += (size_t)parts * n, y += n) {
    for (int count = parts; count > 1; count = ceilDiv(count, 2)) {
      int half = ceilDiv(count, 2);
      for (int i = 0; i < (count - half) * n; i++) partials[i] = OP1(partials[i], partials[half * n + i]);
    }
    for (int i = 0; i < n; i++) y[i] = partials[i];
  }
}

#undef NAME
#undef T
#undef V
#undef LOAD
#undef STORE
#undef OP
#undef OP1
#undef IDENTITY
