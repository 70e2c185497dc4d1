// conv2dWeightGrad where every group has one input channel: dw[o, tap] is the dot product of plane o of dy and the shifted plane of
// x, image by image. A plane's images are summed in order by one worker, so no bit depends on
// the number of threads.
#include "conv2dWeightGrad.h"
#include "depthwise.h"

static void correlateChannel(const void *p, int o, int worker) {
  const Conv2dWeightGradArgs *args = p;
  const ConvShape *shape = &args->shape;
  const int c = o / (shape->o / shape->c), taps = shape->kh * shape->kw, passes = ceilDiv(taps, CORRELATED_TAPS);
  const size_t pixels = (size_t)shape->ho * shape->wo;
  const int32_t *offsets = (const int32_t *)args->scratch;
  vf *sums = (vf *)(args->scratch + args->packAt + (size_t)worker * args->packStride);
  float *own = (float *)(sums + taps);
  const Staging staging = inputStaging(own, args->x, shape->n, shape, &args->planes);
  for (int tap = 0; tap < taps; tap++) sums[tap] = (vf){};
  for (int image = 0; image < shape->n; image++) {
    int channel = image * shape->c + c;
    const float *plane = args->x + (size_t)channel * shape->h * shape->w;
    if (args->planes.isStaged) {
      stageChannel(&staging, channel, own);
      plane = own;
    }
    for (int pass = 0; pass < passes; pass++) {
      Range part = taskRange(taps, 1, pass, passes);
      PlaneCorrelation correlation = {
        .plane = plane, .dy = args->dy + ((size_t)image * shape->o + o) * pixels, .width = args->planes.width, .taps = part.end - part.begin,
        .offsets = offsets + part.begin, .lines = shape->ho, .length = shape->wo,
      };
      correlatePlane(&correlation, sums + part.begin);
    }
  }
  for (int tap = 0; tap < taps; tap++) args->dw[(size_t)o * taps + tap] = vsum(sums[tap]);
}

KERNEL(conv2dDepthwiseWeightGrad, Conv2dWeightGradArgs) {
  tapOffsets((int32_t *)args->scratch, 1, &args->shape, &args->planes);
  parallelFor(correlateChannel, args, args->shape.o);
}
