// g = ±grad (+ weightDecay · param; decoupled: param *= 1 − lr · weightDecay instead); mean = beta1 · mean + (1 − beta1) · g;
// square = beta2 · square + (1 − beta2) · g²; largest = max(largest, square), if there is one;
// param −= lr / correction1 · mean / (√(largest or square) / correction2 + eps). In place, all [elements] but
// hyper = [lr, weightDecay, beta1, beta2, eps, correction1, correction2].
#include "optimizer-step.h"
#include "reductions.h"

struct AdamStepParams {
  float* param;
  const float* grad;
  const float* hyper;
  float* mean;
  float* square;
  /** Null if there is none. */
  float* largest;
  uint32_t elements;
  uint32_t decoupled, maximize;
};

KERNEL(adamStep, AdamStepParams, 256) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], beta1 = p.hyper[2], beta2 = p.hyper[3], eps = p.hyper[4];
  const float correction1 = p.hyper[5], correction2 = p.hyper[6];
  Quad<float> param = loadQuad(p.param + first);
  const Quad<float> grad = loadQuad(p.grad + first);
  Quad<float> mean = loadQuad(p.mean + first);
  Quad<float> square = loadQuad(p.square + first);
  for (int j = 0; j < 4; j++) {
    const float g = decayedGrad(param.at[j], grad.at[j], p.decoupled ? 0 : weightDecay, p.maximize);
    if (p.decoupled) param.at[j] *= fmaf(-lr, weightDecay, 1.0f);
    mean.at[j] = fmaf(g, 1 - beta1, mean.at[j] * beta1);
    square.at[j] = square.at[j] * beta2 + (1 - beta2) * g * g;
  }
  storeQuad(p.mean + first, mean);
  storeQuad(p.square + first, square);
  if (p.largest != nullptr) {
    const Quad<float> largest = loadQuad(p.largest + first);
    for (int j = 0; j < 4; j++) square.at[j] = Largest::combine(largest.at[j], square.at[j]);
    storeQuad(p.largest + first, square);
  }
  const float rate = lr / correction1;
  for (int j = 0; j < 4; j++) param.at[j] -= rate * mean.at[j] / (sqrtf(square.at[j]) / correction2 + eps);
  storeQuad(p.param + first, param);
}
