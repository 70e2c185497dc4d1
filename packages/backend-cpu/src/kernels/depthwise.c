#include "depthwise.h"
#include "gemm.h"

#define UNROLL _Pragma("clang loop unroll(full)")

// Vectors in flight: 6 sums, 6 loads, a weight and a product fit into 15 registers (see gemm.h).
#define VECTORS 6

__attribute__((noinline)) static void filterVectors(vf *y, const PlaneFilter *f, const int *at) {
  vf sum[VECTORS];
  int source[VECTORS];
  UNROLL for (int v = 0; v < VECTORS; v++) {
    sum[v] = vsplat(f->bias);
    source[v] = at[v];
  }
  const float *weight = f->weight, *plane = f->plane;
  const int32_t *offset = f->offsets;
  _Pragma("clang loop unroll(disable)") for (int t = f->taps; t > 0; t--, weight++, offset++) {
    vf w = vsplat(*weight);
    const float *from = plane + *offset;
    UNROLL for (int v = 0; v < VECTORS; v++) sum[v] = vfma(w, vload(from + source[v]), sum[v]);
  }
  UNROLL for (int v = 0; v < VECTORS; v++) y[v] = sum[v];
}

// Lines too short for a run: vectors of several lines at once.
static void filterNarrow(const PlaneFilter *f) {
  int line = 0, column = 0;
  while (line < f->lines) {
    int source[VECTORS], to[VECTORS], tails[VECTORS], count = 0;
    for (; count < VECTORS && line < f->lines; count++) {
      source[count] = line * f->width + column;
      to[count] = line * f->length + column;
      // A vector may run into the next lines, which are written later, but not out of y.
      tails[count] = to[count] + VL <= f->lines * f->length ? VL : f->length - column;
      column += VL;
      if (column >= f->length) {
        column = 0;
        line++;
      }
    }
    for (int v = count; v < VECTORS; v++) source[v] = source[0];
    vf y[VECTORS];
    filterVectors(y, f, source);
    for (int v = 0; v < count; v++)
      if (tails[v] >= VL) vstore(f->y + to[v], y[v]);
      else vstoren(f->y + to[v], y[v], tails[v]);
  }
}

// VECTORS neighbours of one line.
__attribute__((noinline)) static void filterRun(float *y, const float *plane, const PlaneFilter *f) {
  vf sum[VECTORS];
  UNROLL for (int v = 0; v < VECTORS; v++) sum[v] = vsplat(f->bias);
  const float *weight = f->weight;
  const int32_t *offset = f->offsets;
  _Pragma("clang loop unroll(disable)") for (int t = f->taps; t > 0; t--, weight++, offset++) {
    vf w = vsplat(*weight);
    const float *from = plane + *offset;
    UNROLL for (int v = 0; v < VECTORS; v++) sum[v] = vfma(w, vload(from + v * VL), sum[v]);
  }
  UNROLL for (int v = 0; v < VECTORS; v++) vstore(y + v * VL, sum[v]);
}

#define RUN (VECTORS * VL)

void filterPlane(const PlaneFilter *f) {
  if (f->length < RUN) {
    filterNarrow(f);
    return;
  }
  for (int i = 0; i < f->lines; i++)
    // The last run of a line may overlap the one before, and writes the same again.
    for (int j = 0; j < f->length; j += RUN) {
      int column = minInt(j, f->length - RUN);
      filterRun(f->y + (size_t)i * f->length + column, f->plane + (size_t)i * f->width + column, f);
    }
}

INLINE void correlateLines(const int taps, const PlaneCorrelation *c, int firstLine, int lines, vf *sums) {
  vf sum[CORRELATED_TAPS];
  int offset[CORRELATED_TAPS];
  UNROLL for (int t = 0; t < taps; t++) {
    sum[t] = (vf){};
    offset[t] = c->offsets[t];
  }
  const int whole = c->length / VL * VL, tail = c->length - whole;
  const float *dy = c->dy + (size_t)firstLine * c->length, *plane = c->plane + (size_t)firstLine * c->width;
  for (; lines > 0; lines--, dy += c->length, plane += c->width) {
    const float *from = plane;
    _Pragma("clang loop unroll(disable)") for (int j = whole; j > 0; j -= VL, dy += VL, from += VL) {
      vf d = vload(dy);
      UNROLL for (int t = 0; t < taps; t++) sum[t] = vfma(d, vload(from + offset[t]), sum[t]);
    }
    dy -= whole;
    if (tail == 0) continue;
    // Both are masked: what stands behind the plane may be NaN.
    vf d = vfirst(vload(dy + whole), tail);
    UNROLL for (int t = 0; t < taps; t++) sum[t] = vfma(d, vfirst(vload(from + offset[t]), tail), sum[t]);
  }
  UNROLL for (int t = 0; t < taps; t++) sums[t] += sum[t];
}

#define CORRELATE(taps) \
  __attribute__((noinline)) static void correlate##taps(const PlaneCorrelation *c, int line, int lines, vf *sums) { correlateLines(taps, c, line, lines, sums); }

CORRELATE(1)
CORRELATE(2)
CORRELATE(3)
CORRELATE(4)
CORRELATE(5)
CORRELATE(6)

void correlatePlane(const PlaneCorrelation *c, vf *sums) {
  static void (*const correlate[])(const PlaneCorrelation *, int, int, vf *) = {correlate1, correlate2, correlate3, correlate4, correlate5, correlate6};
  int blockLines = maxInt(1, KC / ceilDiv(c->length, VL));
  for (int line = 0; line < c->lines; line += blockLines) correlate[c->taps - 1](c, line, minInt(blockLines, c->lines - line), sums);
}
