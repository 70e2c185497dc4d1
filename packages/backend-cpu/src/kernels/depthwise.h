// One plane under a few taps, vectorised over width: what depthwise convolutions and their gradients are made of.
#pragma once
#include "runtime.h"

// y[i][j] = bias + Σ_t weight[t] · plane[offsets[t] + i · width + j], y [lines, length] without gaps.
typedef struct {
  const float *plane;
  int width, taps;
  const int32_t *offsets;
  const float *weight;
  float bias;
  float *y;
  int lines, length;
} PlaneFilter;

void filterPlane(const PlaneFilter *filter);

// Taps in one pass of correlatePlane.
#define CORRELATED_TAPS 6

// sums[t] += Σ_ij dy[i][j] · plane[offsets[t] + i · width + j], t < taps ≤ CORRELATED_TAPS, lane by lane; dy [lines, length].
typedef struct {
  const float *plane, *dy;
  int width, taps;
  const int32_t *offsets;
  int lines, length;
} PlaneCorrelation;

void correlatePlane(const PlaneCorrelation *correlation, vf *sums);
