// What the optimizers' steps have in common. A launch steps many parameters, because most of a network's are small: each block a piece of
// one of them, each thread four neighbours at a time, in place; buffers are long enough for a last quad past their end. hyper holds
// numbers that change from step to step, on the device, so that a step is the same launch each time.
#pragma once
#include "quads.h"

constexpr uint32_t STEP_TENSORS = 24;
/** Elements of a block: enough reads on their way for each multiprocessor, and few blocks to a large parameter. */
constexpr uint32_t STEP_ELEMENTS = 4096;

/** COUNT tensors of one size for each parameter: itself, its gradient and the optimizer's state. */
template <int COUNT>
struct StepParams {
  const float* hyper;
  float* tensors[COUNT][STEP_TENSORS];
  uint32_t elements[STEP_TENSORS];
  /** The first block of the next parameter. */
  uint32_t ends[STEP_TENSORS];
  uint32_t flags[4];
};

/** Where a quad of a parameter stands in each of its tensors; null in those it hasn't got. */
template <int COUNT>
struct StepQuad {
  float* at[COUNT];
};

/** step(quad) for each quad that is this thread's. */
template <int COUNT, class Step>
__device__ inline void forEachQuad(const StepParams<COUNT>& p, Step step) {
  uint32_t i = 0;
  while (blockIdx.x >= p.ends[i]) i++;
  const uint32_t begin = (blockIdx.x - (i == 0 ? 0 : p.ends[i - 1])) * STEP_ELEMENTS;
  const uint32_t end = min(begin + STEP_ELEMENTS, p.elements[i]);
  for (uint32_t first = begin + threadIdx.x * 4; first < end; first += blockDim.x * 4) {
    StepQuad<COUNT> quad;
    for (int c = 0; c < COUNT; c++) quad.at[c] = p.tensors[c][i] == nullptr ? nullptr : p.tensors[c][i] + first;
    step(quad);
  }
}

/** ±grad + weightDecay · param. Without decay the parameter isn't looked at, so that an infinite one doesn't make NaN. */
__device__ inline float decayedGrad(float param, float grad, float weightDecay, bool maximize) {
  const float g = maximize ? -grad : grad;
  return weightDecay == 0 ? g : fmaf(param, weightDecay, g);
}
