// g = ±grad + weightDecay · param; square += g²; param −= lr · g / (√square + eps), in place, all [elements] but
// hyper = [lr, weightDecay, eps].
#include "optimizer-step.h"

struct AdagradStepParams {
  float* param;
  const float* grad;
  const float* hyper;
  float* square;
  uint32_t elements;
  uint32_t maximize;
};

KERNEL(adagradStep, AdagradStepParams, 256) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], eps = p.hyper[2];
  Quad<float> param = loadQuad(p.param + first);
  const Quad<float> grad = loadQuad(p.grad + first);
  Quad<float> square = loadQuad(p.square + first);
  for (int j = 0; j < 4; j++) {
    const float g = decayedGrad(param.at[j], grad.at[j], weightDecay, p.maximize);
    square.at[j] = fmaf(g, g, square.at[j]);
    param.at[j] -= lr * g / (sqrtf(square.at[j]) + eps);
  }
  storeQuad(p.square + first, square);
  storeQuad(p.param + first, param);
}
