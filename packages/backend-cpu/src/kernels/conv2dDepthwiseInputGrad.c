// conv2dInputGrad where every group has one input channel: dx[c] is, phase by phase (conv2dInputGrad.h), the group's planes of dy
// filtered with its weights. A phase with gaps between its pixels is filtered into scratch first.
#include "conv2dInputGrad.h"
#include "depthwise.h"

static int tasksOf(const Conv2dInputGradArgs *args) { return minInt(args->shape.n * args->shape.c, 8 * workerCount()); }

static void scatter(float *dx, const float *from, const Phase *phase, const ConvShape *shape) {
  for (int i = 0; i < phase->rows.count; i++) {
    float *line = dx + (size_t)(phase->rows.first + i * shape->strideH) * shape->w + phase->columns.first;
    for (int j = 0; j < phase->columns.count; j++, from++) line[(size_t)j * shape->strideW] = *from;
  }
}

static void filterChannels(const void *p, int task, int worker) {
  const Conv2dInputGradArgs *args = p;
  const ConvShape *shape = &args->shape;
  const int multiplier = shape->o / shape->c, isDense = shape->strideH == 1 && shape->strideW == 1;
  const size_t plane = channelFloats(&args->planes);
  float *own = (float *)(args->scratch + args->packAt + (size_t)worker * args->packStride), *sums = own + plane * multiplier + NR;
  const Staging staging = gradStaging(args, own, args->dy, shape->n);
  Range channels = taskRange(shape->n * shape->c, 1, task, tasksOf(args));
  for (int channel = channels.begin; channel < channels.end; channel++) {
    const float *dy = args->dy + (size_t)channel * multiplier * shape->ho * shape->wo;
    float *dx = args->dx + (size_t)channel * shape->h * shape->w;
    if (args->planes.isStaged) {
      for (int i = 0; i < multiplier; i++) stageChannel(&staging, channel * multiplier + i, own + i * plane);
      dy = own;
    }
    for (const Phase *phase = phasesOf(args); phase < phasesOf(args) + phaseCount(args); phase++) {
      PlaneFilter filter = {
        .plane = dy + phase->rows.source * args->planes.width + phase->columns.source, .width = args->planes.width,
        .taps = multiplier * phase->taps, .offsets = phase->offsets, .weight = phase->weight + (size_t)(channel % shape->c) * multiplier * phase->taps,
        .y = isDense ? dx : sums, .lines = phase->rows.count, .length = phase->columns.count,
      };
      if (filter.lines == 0 || filter.length == 0) continue;
      filterPlane(&filter);
      if (!isDense) scatter(dx, sums, phase, shape);
    }
  }
}

KERNEL(conv2dDepthwiseInputGrad, Conv2dInputGradArgs) {
  preparePhases(args);
  parallelFor(filterChannels, args, tasksOf(args));
}
