// What fused kernels (conv2dFused, scaleShiftFused) do to a result before they store it.
#pragma once
#include "math.h"

enum { ACTIVATION_NONE, ACTIVATION_RELU, ACTIVATION_RELU6, ACTIVATION_SILU };

INLINE vf activate(vf v, int activation) {
  if (activation == ACTIVATION_RELU) return vmax(v, vsplat(0));
  if (activation == ACTIVATION_RELU6) return vmin(vmax(v, vsplat(0)), vsplat(6));
  if (activation == ACTIVATION_SILU) return v / (1.0f + vexp(-v));
  return v;
}
