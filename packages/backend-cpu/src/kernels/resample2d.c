// y[i, j] = Σ_r Σ_c rowWeights[i, r] · columnWeights[c, j] · x[rowStarts[i] + r, columnStarts[j] + c], r < rowCounts[i],
// c < columnCounts[j]; x [planes, H, W] → y [planes, Ho, Wo]. Row weights lie by output, column weights by tap.
//
// Rows are combined a vector of columns at a time; columns as their segments allow (resample2d.ts). As the second is dearer, it
// is done on fewer rows: Ho ≤ H: for each output row, rows into a scratch row, then columns; Ho > H: columns of all H rows into
// scratch, then rows. Planes are the units of work. Sums: BLOCK terms in order, then the blocks.
#include "sums.h"
#include "windows.h"

#define BLOCK 16

// Outputs begin … end − 1 of a row. SCALAR: windows of any length. GATHER: windows of one length at any place.
// EVERY1, EVERY2: one length, the same weights, starts 1 or 2 apart.
enum { SCALAR, GATHER, EVERY1, EVERY2 };
typedef struct { int32_t kind, begin, end; } Segment;

typedef struct {
  const float *x;
  float *y;
  char *scratch;
  const int32_t *rowStarts, *rowCounts;
  const float *rowWeights;
  const int32_t *columnStarts, *columnCounts;
  const float *columnWeights;
  const Segment *segments;
  int32_t planes, h, w, ho, wo;
  int32_t rowTaps, segmentCount;
  int32_t scratchStride; // bytes from worker to worker
  int32_t tasks;
} ResampleArgs;

// y[0 … width) = Σ_t weights[t] · x[t, 0 … width). Here and below, inlined with small counts as constants: no loop over taps.
INLINE void combineCount(const float *x, int width, const float *weights, int count, float *y) {
  for (int i = 0; i < width; i += VL) {
    vf total = vsplat(0);
    for (int block = 0; block < count; block += BLOCK) {
      vf sum = vsplat(0);
      for (int t = block; t < minInt(count, block + BLOCK); t++) sum = vfma(vload(x + (size_t)t * width + i), vsplat(weights[t]), sum);
      total += sum;
    }
    if (width - i >= VL) vstore(y + i, total);
    else vstoren(y + i, total, width - i);
  }
}

static void combineRows(const float *x, int width, const float *weights, int count, float *y) {
  if (count == 1) combineCount(x, width, weights, 1, y);
  else if (count == 2) combineCount(x, width, weights, 2, y);
  else if (count == 3) combineCount(x, width, weights, 3, y);
  else combineCount(x, width, weights, count, y);
}

// Outputs j … j + VL − 1, all with `count` taps.
INLINE vf combineVector(const float *x, const int32_t *starts, const float *weights, int wo, int count, int kind) {
  vf total = vsplat(0);
  for (int block = 0; block < count; block += BLOCK) {
    vf sum = vsplat(0);
    for (int t = block; t < minInt(count, block + BLOCK); t++) {
      vf value;
      if (kind == EVERY1) value = vloadEvery(x + starts[0] + t, 1);
      else if (kind == EVERY2) value = vloadEvery(x + starts[0] + t, 2);
      else
        for (int lane = 0; lane < VL; lane++) value[lane] = x[starts[lane] + t];
      sum = vfma(value, vload(weights + (size_t)t * wo), sum);
    }
    total += sum;
  }
  return total;
}

INLINE float combineOne(const float *x, const float *weights, int wo, int count) {
  float total = 0;
  for (int block = 0; block < count; block += BLOCK) {
    float sum = 0;
    for (int t = block; t < minInt(count, block + BLOCK); t++) sum += x[t] * weights[(size_t)t * wo];
    total += sum;
  }
  return total;
}

INLINE void combineSegment(const ResampleArgs *args, Segment segment, const float *x, float *y, int kind, int count) {
  const int32_t *starts = args->columnStarts, *counts = args->columnCounts;
  int j = segment.begin;
  if (kind != SCALAR)
    for (; j + VL <= segment.end; j += VL)
      vstore(y + j, combineVector(x, starts + j, args->columnWeights + j, args->wo, count, kind));
  for (; j < segment.end; j++) y[j] = combineOne(x + starts[j], args->columnWeights + j, args->wo, counts[j]);
}

static void combineColumns(const ResampleArgs *args, const float *x, float *y) {
  for (int s = 0; s < args->segmentCount; s++) {
    Segment segment = args->segments[s];
    int kind = segment.kind, count = args->columnCounts[segment.begin];
    if (kind == EVERY2 && count == 2) combineSegment(args, segment, x, y, EVERY2, 2);
    else if (kind == EVERY2) combineSegment(args, segment, x, y, EVERY2, count);
    else if (kind == EVERY1 && count == 3) combineSegment(args, segment, x, y, EVERY1, 3);
    else if (kind == EVERY1) combineSegment(args, segment, x, y, EVERY1, count);
    else if (kind == GATHER && count == 1) combineSegment(args, segment, x, y, GATHER, 1);
    else if (kind == GATHER && count == 2) combineSegment(args, segment, x, y, GATHER, 2);
    else if (kind == GATHER) combineSegment(args, segment, x, y, GATHER, count);
    else combineSegment(args, segment, x, y, SCALAR, count);
  }
}

static void resample(const void *p, int task, int worker) {
  const ResampleArgs *args = p;
  int h = args->h, w = args->w, ho = args->ho, wo = args->wo;
  float *scratch = (float *)(args->scratch + (size_t)worker * args->scratchStride);
  Range range = taskRange(args->planes, 1, task, args->tasks);
  for (int plane = range.begin; plane < range.end; plane++) {
    const float *x = args->x + (size_t)plane * h * w;
    float *y = args->y + (size_t)plane * ho * wo;
    int rowsFirst = ho <= h;
    if (!rowsFirst)
      for (int i = 0; i < h; i++) combineColumns(args, x + (size_t)i * w, scratch + (size_t)i * wo);
    for (int i = 0; i < ho; i++) {
      int start = args->rowStarts[i], count = args->rowCounts[i];
      const float *weights = args->rowWeights + (size_t)i * args->rowTaps;
      if (rowsFirst) {
        combineRows(x + (size_t)start * w, w, weights, count, scratch);
        combineColumns(args, scratch, y + (size_t)i * wo);
      } else {
        combineRows(scratch + (size_t)start * wo, wo, weights, count, y + (size_t)i * wo);
      }
    }
  }
}

KERNEL(resample2d, ResampleArgs) { parallelFor(resample, args, args->tasks); }

// The case of one window over everything with equal weights: global average pooling. y [planes] = weight · Σ x.
typedef struct {
  const float *x;
  float *y;
  int32_t planes, elements, tasks;
  float weight;
} PlaneMeanArgs;

static void meanOfPlanes(const void *p, int task, int worker) {
  const PlaneMeanArgs *args = p;
  Range range = taskRange(args->planes, 1, task, args->tasks);
  for (int plane = range.begin; plane < range.end; plane++)
    args->y[plane] = (float)(sumFloats(args->x + (size_t)plane * args->elements, args->elements) * args->weight);
}

KERNEL(resample2dPlaneMean, PlaneMeanArgs) { parallelFor(meanOfPlanes, args, args->tasks); }
