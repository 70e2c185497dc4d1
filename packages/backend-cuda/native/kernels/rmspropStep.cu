// g = ±grad + weightDecay · param; square = alpha · square + (1 − alpha) · g²; centered: mean = alpha · mean + (1 − alpha) · g;
// d = √v + eps or √(v + eps), v = square (centered: square − mean²);
// momentum > 0: b = momentum · b + g / d, param −= lr · b; else param −= lr · g / d. In place, all of the parameter's size but
// hyper = [lr, weightDecay, alpha, eps, momentum]. Where an option is off, its buffer isn't touched.
#include "optimizer-step.h"

KERNEL(rmspropStep, StepParams<5>, 256) {
  const bool centered = p.flags[0] != 0, epsInside = p.flags[1] != 0, maximize = p.flags[2] != 0;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], alpha = p.hyper[2], eps = p.hyper[3], factor = p.hyper[4];
  forEachQuad(p, [&](const StepQuad<5>& quad) {
    const auto& [paramAt, gradAt, squareAt, meanAt, momentumAt] = quad.at;
    Quad<float> param = loadQuad(paramAt);
    Quad<float> grad = loadQuad(gradAt);
    Quad<float> square = loadQuad(squareAt);
    for (int j = 0; j < 4; j++) {
      const float g = decayedGrad(param.at[j], grad.at[j], weightDecay, maximize);
      grad.at[j] = g;
      square.at[j] = square.at[j] * alpha + (1 - alpha) * g * g;
    }
    storeQuad(squareAt, square);
    if (centered) {
      Quad<float> mean = loadQuad(meanAt);
      for (int j = 0; j < 4; j++) {
        mean.at[j] = fmaf(grad.at[j], 1 - alpha, mean.at[j] * alpha);
        square.at[j] -= mean.at[j] * mean.at[j];
      }
      storeQuad(meanAt, mean);
    }
    Quad<float> step;
    for (int j = 0; j < 4; j++) step.at[j] = grad.at[j] / (epsInside ? sqrtf(square.at[j] + eps) : sqrtf(square.at[j]) + eps);
    if (factor > 0) {
      const Quad<float> momentum = loadQuad(momentumAt);
      for (int j = 0; j < 4; j++) step.at[j] = fmaf(momentum.at[j], factor, step.at[j]);
      storeQuad(momentumAt, step);
    }
    for (int j = 0; j < 4; j++) param.at[j] = fmaf(step.at[j], -lr, param.at[j]);
    storeQuad(paramAt, param);
  });
}
