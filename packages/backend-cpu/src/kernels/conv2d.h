// Arguments of conv2d, conv2dFused (conv2d.c) and their depthwise form (conv2dDepthwise.c).
#pragma once
#include "conv-gemm.h"
#include "conv-planes.h"

typedef struct {
  const float *x, *weight, *bias;
  float *y;
  char *scratch;
  int32_t hasEpilogue;
  Epilogue epilogue;
  ConvShape shape;
  ConvPlanes planes;
  int32_t wave; // images staged and multiplied at a time
  int32_t planesAt, packAt, packStride, weightsAt; // bytes into scratch; weightsAt 0: not by pixels
} Conv2dArgs;
