#include "conv2dInputGrad.h"

INLINE int isTapOf(int phase, int tap, int dilation, int stride) { return tap * dilation % stride == phase; }

static PhaseAxis phaseAxis(int phase, int size, int kernel, int stride, int pad, int dilation) {
  PhaseAxis axis = {.phase = phase};
  int step = pad <= phase ? 0 : ceilDiv(pad - phase, stride);
  axis.first = step * stride + phase - pad;
  axis.count = axis.first < size ? ceilDiv(size - axis.first, stride) : 0;
  axis.source = step - pad / stride;
  for (int tap = 0; tap < kernel; tap++) axis.taps += isTapOf(phase, tap, dilation, stride);
  return axis;
}

// Calls for (r, s) each tap of `phase`.
#define EACH_TAP(shape, phase)                                                  \
  for (int r = 0; r < (shape)->kh; r++)                                         \
    for (int s = 0; s < (shape)->kw; s++)                                       \
      if (isTapOf((phase)->rows.phase, r, (shape)->dilationH, (shape)->strideH) && \
          isTapOf((phase)->columns.phase, s, (shape)->dilationW, (shape)->strideW))

static void writeOffsets(const Conv2dInputGradArgs *args, const Phase *phase) {
  const ConvShape *shape = &args->shape;
  int farH = (shape->kh - 1) * shape->dilationH / shape->strideH, farW = (shape->kw - 1) * shape->dilationW / shape->strideW;
  int32_t *to = phase->offsets;
  for (int o = 0; o < shape->o / shape->groups; o++)
    EACH_TAP(shape, phase) {
      int line = farH - r * shape->dilationH / shape->strideH, column = farW - s * shape->dilationW / shape->strideW;
      *to++ = (o * args->planes.lines + line) * args->planes.width + column;
    }
}

// Weights [O, C / groups, taps] of one input channel to [O / groups · taps], for every phase.
static void transposeWeight(const void *p, int channel, int worker) {
  const Conv2dInputGradArgs *args = p;
  const ConvShape *shape = &args->shape;
  const int cGroup = shape->c / shape->groups, oGroup = shape->o / shape->groups, taps = shape->kh * shape->kw;
  const float *first = args->weight + ((size_t)(channel / cGroup) * oGroup * cGroup + channel % cGroup) * taps;
  for (const Phase *phase = phasesOf(args); phase < phasesOf(args) + phaseCount(args); phase++) {
    float *to = phase->weight + (size_t)channel * oGroup * phase->taps;
    for (int o = 0; o < oGroup; o++) {
      const float *from = first + (size_t)o * cGroup * taps;
      EACH_TAP(shape, phase) *to++ = from[r * shape->kw + s];
    }
  }
}

// The same to a panel [O / groups · taps, NR] of input channels of a group, for convByPixels.
static void packWeight(const void *p, int task, int worker) {
  const Conv2dInputGradArgs *args = p;
  const ConvShape *shape = &args->shape;
  const int cGroup = shape->c / shape->groups, oGroup = shape->o / shape->groups, taps = shape->kh * shape->kw;
  const int panels = ceilDiv(cGroup, NR), group = task / panels, c = task % panels * NR, width = minInt(NR, cGroup - c);
  const float *first = args->weight + ((size_t)group * oGroup * cGroup + c) * taps;
  for (const Phase *phase = phasesOf(args); phase < phasesOf(args) + phaseCount(args); phase++) {
    float *to = phase->weight + (size_t)task * oGroup * phase->taps * NR;
    for (int o = 0; o < oGroup; o++) {
      const float *from = first + (size_t)o * cGroup * taps;
      EACH_TAP(shape, phase) {
        for (int i = 0; i < NR; i++) to[i] = i < width ? from[i * taps + r * shape->kw + s] : 0;
        to += NR;
      }
    }
  }
}

void preparePhases(const Conv2dInputGradArgs *args) {
  const ConvShape *shape = &args->shape;
  int32_t *offsets = (int32_t *)(args->scratch + args->offsetsAt);
  float *weight = (float *)(args->scratch + args->weightAt);
  Phase *phase = (Phase *)args->scratch;
  const size_t channels = args->isByPixels ? shape->groups * ceilDiv(shape->c / shape->groups, NR) * NR : shape->c;
  for (int a = 0; a < shape->strideH; a++)
    for (int b = 0; b < shape->strideW; b++, phase++) {
      phase->rows = phaseAxis(a, shape->h, shape->kh, shape->strideH, shape->top, shape->dilationH);
      phase->columns = phaseAxis(b, shape->w, shape->kw, shape->strideW, shape->left, shape->dilationW);
      phase->taps = phase->rows.taps * phase->columns.taps;
      phase->offsets = offsets;
      phase->weight = weight;
      writeOffsets(args, phase);
      offsets += shape->o / shape->groups * phase->taps;
      weight += channels * (shape->o / shape->groups) * phase->taps;
    }
  if (args->isByPixels) parallelFor(packWeight, args, (int)channels / NR);
  else parallelFor(transposeWeight, args, shape->c);
}

Staging gradStaging(const Conv2dInputGradArgs *args, float *to, const float *dy, int images) {
  const ConvShape *shape = &args->shape;
  int firstRow = shape->top / shape->strideH - (shape->kh - 1) * shape->dilationH / shape->strideH;
  int firstColumn = shape->left / shape->strideW - (shape->kw - 1) * shape->dilationW / shape->strideW;
  PlaneCopy copy = {shape->ho, shape->wo, args->planes.lines, args->planes.width, 1, 1, firstRow, firstColumn};
  return (Staging){to, dy, images * shape->o, 1, 1, copy};
}
