// g = ±grad (+ weightDecay · param; decoupled: param *= 1 − lr · weightDecay instead); mean = beta1 · mean + (1 − beta1) · g;
// square = beta2 · square + (1 − beta2) · g²; largest = max(largest, square), if there is one;
// param −= lr / correction1 · mean / (√(largest or square) / correction2 + eps). In place, all of the parameter's size but
// hyper = [lr, weightDecay, beta1, beta2, eps, correction1, correction2].
#include "optimizer-step.h"
#include "reductions.h"

KERNEL(adamStep, StepParams<5>, 256) {
  const bool decoupled = p.flags[0] != 0, maximize = p.flags[1] != 0;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], beta1 = p.hyper[2], beta2 = p.hyper[3], eps = p.hyper[4];
  const float correction1 = p.hyper[5], correction2 = p.hyper[6];
  const float rate = lr / correction1;
  forEachQuad(p, [&](const StepQuad<5>& quad) {
    const auto& [paramAt, gradAt, meanAt, squareAt, largestAt] = quad.at;
    Quad<float> param = loadQuad(paramAt);
    const Quad<float> grad = loadQuad(gradAt);
    Quad<float> mean = loadQuad(meanAt);
    Quad<float> square = loadQuad(squareAt);
    for (int j = 0; j < 4; j++) {
      const float g = decayedGrad(param.at[j], grad.at[j], decoupled ? 0 : weightDecay, maximize);
      if (decoupled) param.at[j] *= fmaf(-lr, weightDecay, 1.0f);
      mean.at[j] = fmaf(g, 1 - beta1, mean.at[j] * beta1);
      square.at[j] = square.at[j] * beta2 + (1 - beta2) * g * g;
    }
    storeQuad(meanAt, mean);
    storeQuad(squareAt, square);
    if (largestAt != nullptr) {
      const Quad<float> largest = loadQuad(largestAt);
      for (int j = 0; j < 4; j++) square.at[j] = Largest::combine(largest.at[j], square.at[j]);
      storeQuad(largestAt, square);
    }
    for (int j = 0; j < 4; j++) param.at[j] -= rate * mean.at[j] / (sqrtf(square.at[j]) / correction2 + eps);
    storeQuad(paramAt, param);
  });
}
