// g = ±grad + weightDecay · param; b = momentum · b + keep · g; param −= lr · (nesterov ? g + momentum · b : b), in place.
// Without a buffer b: param −= lr · g. hyper = [lr, weightDecay, momentum, keep], all others of the parameter's size.
#include "optimizer-step.h"

KERNEL(sgdStep, StepParams<3>, 256) {
  const bool nesterov = p.flags[0] != 0, maximize = p.flags[1] != 0;
  const float lr = p.hyper[0], weightDecay = p.hyper[1], factor = p.hyper[2], keep = p.hyper[3];
  forEachQuad(p, [&](const StepQuad<3>& quad) {
    const auto& [paramAt, gradAt, momentumAt] = quad.at;
    Quad<float> param = loadQuad(paramAt);
    Quad<float> step = loadQuad(gradAt);
    for (int j = 0; j < 4; j++) step.at[j] = decayedGrad(param.at[j], step.at[j], weightDecay, maximize);
    if (momentumAt != nullptr) {
      Quad<float> momentum = loadQuad(momentumAt);
      for (int j = 0; j < 4; j++) {
        const float g = step.at[j];
        const float b = fmaf(g, keep, momentum.at[j] * factor);
        momentum.at[j] = b;
        step.at[j] = nesterov ? fmaf(b, factor, g) : b;
      }
      storeQuad(momentumAt, momentum);
    }
    for (int j = 0; j < 4; j++) param.at[j] = fmaf(step.at[j], -lr, param.at[j]);
    storeQuad(paramAt, param);
  });
}
