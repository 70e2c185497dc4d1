// Arguments of conv2dWeightGrad and of its depthwise form.
#pragma once
#include "conv-planes.h"

typedef struct {
  const float *x, *dy;
  float *dw;
  char *scratch;
  ConvShape shape;
  ConvPlanes planes;
  int32_t wave, splits;             // images at a time; parts of the sum
  int32_t planesAt, dyAt, sumsAt;   // bytes into scratch
  int32_t packAt, packStride;       // the same, for the depthwise form: a worker's staged planes
} Conv2dWeightGradArgs;
