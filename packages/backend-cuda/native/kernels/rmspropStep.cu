// g = ±grad + weightDecay · param; square = alpha · square + (1 − alpha) · g²; centered: mean = alpha · mean + (1 − alpha) · g;
// d = √v + eps or √(v + eps), v = square (centered: square − mean²);
// momentum > 0: b = momentum · b + g / d, param −= lr · b; else param −= lr · g / d. In place, all [elements] but
// hyper = [lr, weightDecay, alpha, eps, momentum]. Where an option is off, its buffer isn't touched.
#include "optimizer-step.h"

struct RmspropStepParams {
  float* param;
  const float* grad;
  const float* hyper;
  float* square;
  float* mean;
  float* momentum;
  uint32_t elements;
  uint32_t centered, epsInside, maximize;
};

KERNEL(rmspropStep, RmspropStepParams, 256) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], alpha = p.hyper[2], eps = p.hyper[3], factor = p.hyper[4];
  Quad<float> param = loadQuad(p.param + first);
  Quad<float> grad = loadQuad(p.grad + first);
  Quad<float> square = loadQuad(p.square + first);
  for (int j = 0; j < 4; j++) {
    const float g = decayedGrad(param.at[j], grad.at[j], weightDecay, p.maximize);
    grad.at[j] = g;
    square.at[j] = square.at[j] * alpha + (1 - alpha) * g * g;
  }
  storeQuad(p.square + first, square);
  if (p.centered) {
    Quad<float> mean = loadQuad(p.mean + first);
    for (int j = 0; j < 4; j++) {
      mean.at[j] = fmaf(grad.at[j], 1 - alpha, mean.at[j] * alpha);
      square.at[j] -= mean.at[j] * mean.at[j];
    }
    storeQuad(p.mean + first, mean);
  }
  Quad<float> step;
  for (int j = 0; j < 4; j++) step.at[j] = grad.at[j] / (p.epsInside ? sqrtf(square.at[j] + eps) : sqrtf(square.at[j]) + eps);
  if (factor > 0) {
    const Quad<float> momentum = loadQuad(p.momentum + first);
    for (int j = 0; j < 4; j++) step.at[j] = fmaf(momentum.at[j], factor, step.at[j]);
    storeQuad(p.momentum + first, step);
  }
  for (int j = 0; j < 4; j++) param.at[j] = fmaf(step.at[j], -lr, param.at[j]);
  storeQuad(p.param + first, param);
}
