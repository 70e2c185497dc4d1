// g = ±grad + weightDecay · param; b = momentum · b + keep · g; param −= lr · (nesterov ? g + momentum · b : b), in place.
// Without a buffer b: param −= lr · g. hyper = [lr, weightDecay, momentum, keep], all others [elements].
#include "optimizer-step.h"

struct SgdStepParams {
  float* param;
  const float* grad;
  const float* hyper;
  /** Null if there is none. */
  float* momentum;
  uint32_t elements;
  uint32_t nesterov, maximize;
};

KERNEL(sgdStep, SgdStepParams, 256) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], factor = p.hyper[2], keep = p.hyper[3];
  Quad<float> param = loadQuad(p.param + first);
  Quad<float> step = loadQuad(p.grad + first);
  for (int j = 0; j < 4; j++) step.at[j] = decayedGrad(param.at[j], step.at[j], weightDecay, p.maximize);
  if (p.momentum != nullptr) {
    Quad<float> momentum = loadQuad(p.momentum + first);
    for (int j = 0; j < 4; j++) {
      const float g = step.at[j];
      const float b = fmaf(g, keep, momentum.at[j] * factor);
      momentum.at[j] = b;
      step.at[j] = p.nesterov ? fmaf(b, factor, g) : b;
    }
    storeQuad(p.momentum + first, momentum);
  }
  for (int j = 0; j < 4; j++) param.at[j] = fmaf(step.at[j], -lr, param.at[j]);
  storeQuad(p.param + first, param);
}
