// What the optimizer steps share. Each is one pass over n parameters, VL at a time, and splits into tasks anywhere on a multiple
// of STEP_GRAIN. `hyper` is read from memory by every task, because it changes from step to step.
//
// Roundings follow torch.optim's single-tensor forms: every line is one ATen call there, with its order of operations
// (add with alpha is one multiply-add, addcmul (value · a) · b, addcdiv (value · a) / b).
#pragma once
#include "runtime.h"

#define STEP_GRAIN 64

// ±grad + decay · param; without decay the parameter isn't looked at, so that an infinite one doesn't make NaN.
INLINE vf decayedGrad(const float *grad, vf param, float decay, int maximize) {
  vf g = maximize ? -vload(grad) : vload(grad);
  return decay != 0 ? vfma(param, vsplat(decay), g) : g;
}

// Stores the first `left` lanes: all but the last vector of a buffer are whole.
INLINE void storeStep(float *to, vf v, int left) {
  if (left >= VL) vstore(to, v);
  else vstoren(to, v, left);
}
