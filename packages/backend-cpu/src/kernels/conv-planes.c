#include "conv-planes.h"

INLINE int clampInt(int x, int low, int high) { return maxInt(low, minInt(x, high)); }

// Number of steps from `first` that stay below `limit`.
INLINE int stepsBelow(int limit, int first, int step) { return first >= limit ? 0 : ceilDiv(limit - first, step); }

INLINE void copyLine(float *to, const float *from, int n, int step) {
  int j = 0;
  if (step == 1)
    for (; j + VL <= n; j += VL) vstore(to + j, vload(from + j));
  else if (step == 2)
    for (; j + VL <= n; j += VL) vstore(to + j, vevens(vload(from + 2 * j), vload(from + 2 * j + VL)));
  for (; j < n; j++) to[j] = from[(size_t)j * step];
}

void copyPlane(float *to, const float *from, const PlaneCopy *p) {
  int left = clampInt(stepsBelow(0, p->firstColumn, p->columnStep), 0, p->width);
  int right = clampInt(stepsBelow(p->w, p->firstColumn, p->columnStep), left, p->width);
  for (int i = 0; i < p->lines; i++, to += p->width) {
    int row = i * p->rowStep + p->firstRow;
    if (row < 0 || row >= p->h) {
      fillFloats(to, 0, p->width);
      continue;
    }
    for (int j = 0; j < left; j++) to[j] = 0;
    copyLine(to + left, from + (size_t)row * p->w + left * p->columnStep + p->firstColumn, right - left, p->columnStep);
    for (int j = right; j < p->width; j++) to[j] = 0;
  }
}

void stageChannel(const Staging *s, int channel, float *to) {
  const float *from = s->from + (size_t)channel * s->copy.h * s->copy.w;
  for (int a = 0; a < s->phasesH; a++)
    for (int b = 0; b < s->phasesW; b++, to += (size_t)s->copy.lines * s->copy.width) {
      PlaneCopy copy = s->copy;
      copy.firstRow += a;
      copy.firstColumn += b;
      copyPlane(to, from, &copy);
    }
}

static int stagingTasks(const Staging *s) { return minInt(s->channels, 64); }

static void stageChannels(const void *p, int task, int worker) {
  const Staging *s = p;
  const size_t floats = (size_t)s->phasesH * s->phasesW * s->copy.lines * s->copy.width;
  Range channels = taskRange(s->channels, 1, task, stagingTasks(s));
  for (int c = channels.begin; c < channels.end; c++) stageChannel(s, c, s->to + c * floats);
}

void stagePlanes(const Staging *staging) { parallelFor(stageChannels, staging, stagingTasks(staging)); }

Staging inputStaging(float *to, const float *x, int images, const ConvShape *shape, const ConvPlanes *planes) {
  PlaneCopy copy = {shape->h, shape->w, planes->lines, planes->width, shape->strideH, shape->strideW, -shape->top, -shape->left};
  return (Staging){to, x, images * shape->c, planes->phasesH, planes->phasesW, copy};
}

void tapOffsets(int32_t *offsets, int channels, const ConvShape *shape, const ConvPlanes *planes) {
  int plane = planes->lines * planes->width;
  for (int c = 0; c < channels; c++)
    for (int r = 0; r < shape->kh; r++)
      for (int s = 0; s < shape->kw; s++) {
        int row = r * shape->dilationH, column = s * shape->dilationW;
        int phaseH = planes->phasesH > 1 ? row % shape->strideH : 0, phaseW = planes->phasesW > 1 ? column % shape->strideW : 0;
        int phase = (c * planes->phasesH + phaseH) * planes->phasesW + phaseW;
        *offsets++ = phase * plane + row / shape->strideH * planes->width + column / shape->strideW;
      }
}
