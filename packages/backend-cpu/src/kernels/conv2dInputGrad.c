// dx[n, c, h, w] = Σ_{o, r, s} weight[o, c, r, s] · dy[n, o, (h + top − r·dilationH) / strideH, (w + left − s·dilationW) / strideW]
// over the taps (r, s) for which both quotients are whole and inside dy [N, O, HO, WO].
//
// One product (conv-gemm.h) for each phase of the stride (conv2dInputGrad.h), over waves of images whose dy is staged with zeros
// around it.
#include "conv2dInputGrad.h"

KERNEL(conv2dInputGrad, Conv2dInputGradArgs) {
  const ConvShape *shape = &args->shape;
  const int groups = shape->groups, cGroup = shape->c / groups, oGroup = shape->o / groups;
  const size_t imageFloats = shape->o * channelFloats(&args->planes), plane = (size_t)shape->h * shape->w;
  float *staged = (float *)(args->scratch + args->planesAt);
  preparePhases(args);
  for (int first = 0; first < shape->n; first += args->wave) {
    int images = minInt(args->wave, shape->n - first);
    const float *planes = args->dy + (size_t)first * shape->o * shape->ho * shape->wo;
    float *dx = args->dx + (size_t)first * shape->c * plane;
    if (args->planes.isStaged) {
      Staging staging = gradStaging(args, staged, planes, images);
      stagePlanes(&staging);
      planes = staged;
    }
    for (const Phase *phase = phasesOf(args); phase < phasesOf(args) + phaseCount(args); phase++) {
      const PhaseAxis *rows = &phase->rows, *columns = &phase->columns;
      ConvGemm job = {
        .a = args->isByPixels ? NULL : phase->weight, .weightPanels = args->isByPixels ? phase->weight : NULL, .groups = groups, .rows = cGroup, .k = oGroup * phase->taps,
        .planes = planes + rows->source * args->planes.width + columns->source, .imageStride = imageFloats, .groupStride = imageFloats / groups,
        .offsets = phase->offsets,
        .images = images, .lines = rows->count, .lineLength = columns->count, .planeWidth = args->planes.width,
        .y = dx + (size_t)rows->first * shape->w + columns->first, .yImage = shape->c * plane, .yGroup = cGroup * plane, .yRow = plane,
        .yLine = shape->strideH * shape->w, .yColumn = shape->strideW,
        .pack = args->scratch + args->packAt, .packStride = args->packStride,
      };
      convGemm(&job);
    }
  }
}
