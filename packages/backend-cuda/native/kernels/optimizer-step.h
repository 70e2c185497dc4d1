// What the optimizers' steps have in common. A thread steps four neighbours, in place; buffers are long enough for a last quad past their
// end. hyper holds numbers that change from step to step, on the device, so that a step is the same launch each time.
#pragma once
#include "quads.h"

/** ±grad + weightDecay · param. Without decay the parameter isn't looked at, so that an infinite one doesn't make NaN. */
__device__ inline float decayedGrad(float param, float grad, float weightDecay, bool maximize) {
  const float g = maximize ? -grad : grad;
  return weightDecay == 0 ? g : fmaf(param, weightDecay, g);
}
