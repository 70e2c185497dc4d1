// Arguments of conv2dInputGrad and of its depthwise form, and the phases that both are made of.
//
// The pixels of dx fall into strideH · strideW phases (h + top mod strideH, w + left mod strideW). A tap reaches one phase only, so
// each phase is a convolution of dy with stride 1 and its own taps: no product is with a zero in between.
#pragma once
#include "conv-gemm.h"
#include "conv-planes.h"

typedef struct {
  const float *dy, *weight;
  float *dx;
  char *scratch;
  ConvShape shape;
  ConvPlanes planes; // of dy; a single phase, since every tap reads with stride 1
  int32_t wave;      // images staged and multiplied at a time
  int32_t isByPixels; // the product is convByPixels
  int32_t offsetsAt, weightAt, planesAt, packAt, packStride; // bytes into scratch; phases stand at its start
} Conv2dInputGradArgs;

// One axis of a phase: dx[first + i · stride], i < count, reads the staged lines from `source` + i on.
typedef struct {
  int phase, first, count, source, taps;
} PhaseAxis;

typedef struct {
  PhaseAxis rows, columns;
  int taps;
  float *weight;    // [C, O / groups · taps]: transposed; by pixels: its panels [groups][C / groups / NR][O / groups · taps, NR]
  int32_t *offsets; // [O / groups · taps], into the planes of a group
} Phase;

// Writes all phases, with weights and offsets, into scratch.
void preparePhases(const Conv2dInputGradArgs *args);

INLINE const Phase *phasesOf(const Conv2dInputGradArgs *args) { return (const Phase *)args->scratch; }
INLINE int phaseCount(const Conv2dInputGradArgs *args) { return args->shape.strideH * args->shape.strideW; }

Staging gradStaging(const Conv2dInputGradArgs *args, float *to, const float *dy, int images);
