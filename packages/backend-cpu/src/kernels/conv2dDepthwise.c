// conv2d and conv2dFused where every group has one input channel (and some output channels of its own). No matrix product: a
// channel is staged into its worker's scratch and filtered plane by plane (depthwise.h).
#include "conv2d.h"
#include "depthwise.h"

static int tasksOf(const Conv2dArgs *args) { return minInt(args->shape.n * args->shape.c, 8 * workerCount()); }

static void filterChannels(const void *p, int task, int worker) {
  const Conv2dArgs *args = p;
  const ConvShape *shape = &args->shape;
  const int multiplier = shape->o / shape->c, taps = shape->kh * shape->kw, pixels = shape->ho * shape->wo;
  float *own = (float *)(args->scratch + args->packAt + (size_t)worker * args->packStride);
  const Staging staging = inputStaging(own, args->x, shape->n, shape, &args->planes);
  Range channels = taskRange(shape->n * shape->c, 1, task, tasksOf(args));
  for (int channel = channels.begin; channel < channels.end; channel++) {
    const float *plane = args->x + (size_t)channel * shape->h * shape->w;
    if (args->planes.isStaged) {
      stageChannel(&staging, channel, own);
      plane = own;
    }
    for (int i = 0; i < multiplier; i++) {
      int o = channel % shape->c * multiplier + i;
      size_t at = ((size_t)channel * multiplier + i) * pixels;
      PlaneFilter filter = {
        .plane = plane, .width = args->planes.width, .taps = taps, .offsets = (const int32_t *)args->scratch, .weight = args->weight + (size_t)o * taps,
        .bias = args->bias ? args->bias[o] : 0, .y = args->y + at, .lines = shape->ho, .length = shape->wo,
      };
      filterPlane(&filter);
      if (args->hasEpilogue) finishChannel(&args->epilogue, args->y + at, at, o, pixels);
    }
  }
}

KERNEL(conv2dDepthwise, Conv2dArgs) {
  tapOffsets((int32_t *)args->scratch, 1, &args->shape, &args->planes);
  parallelFor(filterChannels, args, tasksOf(args));
}
