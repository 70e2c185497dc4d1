// Convolution as a matrix product that never writes its im2col matrix down:
//
//   y[image, group, row, pixel] = Σ_k a[group, row, k] · planes[image, group][offsets[k] + source(pixel)]
//
// over pixels (line, column) with source = line · planeWidth + column. The forward pass is one of these (k = channel and tap), the
// input gradient one per phase of the stride (k = output channel and the taps that fall on that phase).
#pragma once
#include "gemm.h"

// y = activation(y · scale[channel] + shift[channel] + residual): null pointers leave their part out.
typedef struct {
  const float *scale, *shift, *residual;
  int32_t activation; // activation.h
} Epilogue;

// Applies it to n floats of `channel`, which stand at y, and in the residual at `at`.
void finishChannel(const Epilogue *epilogue, float *y, size_t at, int channel, int n);

typedef struct {
  const float *a; // [groups, rows, k]
  int groups, rows, k;
  const float *planes;
  size_t imageStride, groupStride; // of planes, in floats
  const int32_t *offsets;          // k of them
  int images, lines, lineLength, planeWidth;
  float *y; // the first pixel of the first channel of the first image
  size_t yImage, yGroup, yRow;
  int yLine, yColumn;
  const float *bias; // [groups · rows] or null
  const Epilogue *epilogue; // or null; only for y without gaps
  char *pack;
  size_t packStride; // CONV_PACK_BYTES for every worker
  float *weightPanels; // or null: room for a in panels [groups][rows / NR][k, NR]; with a null they are there already
} ConvGemm;

// Pixels in one task, and rows when y has gaps and the sums are collected first.
#define CONV_PIXELS 256
#define CONV_ROWS 64
#define CONV_PACK_BYTES ((KC * (CONV_PIXELS + NR) + CONV_ROWS * CONV_PIXELS) * 4)

void convGemm(const ConvGemm *job);

// The same by another algorithm (conv-pixels.c), which convGemm takes where there are weightPanels.
void convByPixels(const ConvGemm *job);
