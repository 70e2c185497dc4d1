// g = ±grad + weightDecay · param; square += g²; param −= lr · g / (√square + eps), in place, all of the parameter's size but
// hyper = [lr, weightDecay, eps].
#include "optimizer-step.h"

KERNEL(adagradStep, StepParams<3>, 256) {
  const bool maximize = p.flags[0] != 0;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], eps = p.hyper[2];
  forEachQuad(p, [&](const StepQuad<3>& quad) {
    const auto& [paramAt, gradAt, squareAt] = quad.at;
    Quad<float> param = loadQuad(paramAt);
    const Quad<float> grad = loadQuad(gradAt);
    Quad<float> square = loadQuad(squareAt);
    for (int j = 0; j < 4; j++) {
      const float g = decayedGrad(param.at[j], grad.at[j], weightDecay, maximize);
      square.at[j] = fmaf(g, g, square.at[j]);
      param.at[j] -= lr * g / (sqrtf(square.at[j]) + eps);
    }
    storeQuad(squareAt, square);
    storeQuad(paramAt, param);
  });
}
