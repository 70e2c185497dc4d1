// y[n, o, i, j] = bias[o] + Σ_{c, r, s} weight[o, c, r, s] · x[n, c, i·strideH + r·dilationH − top, j·strideW + s·dilationW − left]
//
// x [N, C, H, W], weight [O, C / groups, KH, KW], y [N, O, HO, WO]. conv2dFused, the same
// kernel with an epilogue, then applies y = activation(y · scale[o] + shift[o] + residual). A wave of images is staged (conv-planes.h) and multiplied (conv-gemm.h); x is
// used where it lies if there is neither padding nor stride. Padding is left out of no product: 0 · ∞ there is NaN, as in PyTorch.
#include "conv2d.h"

KERNEL(conv2d, Conv2dArgs) {
  const ConvShape *shape = &args->shape;
  const int groups = shape->groups, rows = shape->o / groups, pixels = shape->ho * shape->wo, channels = shape->c / groups;
  const size_t imageFloats = shape->c * channelFloats(&args->planes);
  int32_t *offsets = (int32_t *)args->scratch;
  float *staged = (float *)(args->scratch + args->planesAt);
  tapOffsets(offsets, channels, shape, &args->planes);
  for (int first = 0; first < shape->n; first += args->wave) {
    int images = minInt(args->wave, shape->n - first);
    const float *x = args->x + (size_t)first * shape->c * shape->h * shape->w;
    if (args->planes.isStaged) {
      Staging staging = inputStaging(staged, x, images, shape, &args->planes);
      stagePlanes(&staging);
    }
    Epilogue epilogue = args->epilogue;
    if (epilogue.residual) epilogue.residual += (size_t)first * shape->o * pixels;
    ConvGemm job = {
      .a = args->weightsAt && first > 0 ? NULL : args->weight, .groups = groups, .rows = rows, .k = channels * shape->kh * shape->kw,
      .planes = args->planes.isStaged ? staged : x, .imageStride = imageFloats, .groupStride = imageFloats / groups, .offsets = offsets,
      .images = images, .lines = shape->ho, .lineLength = shape->wo, .planeWidth = args->planes.width,
      .y = args->y + (size_t)first * shape->o * pixels, .yImage = (size_t)shape->o * pixels, .yGroup = (size_t)rows * pixels,
      .yRow = pixels, .yLine = shape->wo, .yColumn = 1,
      .bias = args->bias, .epilogue = args->hasEpilogue ? &epilogue : NULL,
      .pack = args->scratch + args->packAt, .packStride = args->packStride,
      .weightPanels = args->weightsAt ? (float *)(args->scratch + args->weightsAt) : NULL,
    };
    convGemm(&job);
  }
}
