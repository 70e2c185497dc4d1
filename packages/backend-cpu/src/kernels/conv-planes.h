// Staging: a convolution's input copied to planes with its padding in them, split by the stride's phases. After it every tap of
// every convolution is a constant offset, every output line is contiguous, and no inner loop knows of padding or stride.
#pragma once
#include "runtime.h"

// The words that every convolution's arguments share, as conv-plan.ts writes them.
typedef struct {
  int32_t n, c, h, w, o, ho, wo, kh, kw;
  int32_t strideH, strideW, top, left, dilationH, dilationW, groups;
} ConvShape;

// Planes [phasesH, phasesW, lines, width] a channel; those of x itself, [1, 1, h, w], if not staged.
typedef struct {
  int32_t isStaged, phasesH, phasesW, lines, width;
} ConvPlanes;

INLINE size_t channelFloats(const ConvPlanes *p) { return (size_t)p->phasesH * p->phasesW * p->lines * p->width; }

// Where x for tap (r, s) of channel c < channels begins, relative to the planes of channel 0; k = (c, r, s) in order.
void tapOffsets(int32_t *offsets, int channels, const ConvShape *shape, const ConvPlanes *planes);

// to[i][j] = from[i · rowStep + firstRow][j · columnStep + firstColumn], 0 outside of from [h, w]; to is [lines, width].
typedef struct {
  int h, w, lines, width, rowStep, columnStep, firstRow, firstColumn;
} PlaneCopy;

void copyPlane(float *to, const float *from, const PlaneCopy *copy);

// All planes of some images: channel c's phases (a, b), a < phasesH, b < phasesW, stand one after the other, each a PlaneCopy
// that begins at row a + firstRow and column b + firstColumn of the channel.
typedef struct {
  float *to;
  const float *from;
  int channels; // of all the images together
  int phasesH, phasesW;
  PlaneCopy copy;
} Staging;

void stagePlanes(const Staging *staging);

// The staging of `images` images of a forward convolution's x.
Staging inputStaging(float *to, const float *x, int images, const ConvShape *shape, const ConvPlanes *planes);

// One channel of it.
void stageChannel(const Staging *staging, int channel, float *to);
