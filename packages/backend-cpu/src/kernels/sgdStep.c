// g = ±grad + weightDecay · param; b = momentum · b + keep · g; param −= lr · (nesterov ? g + momentum · b : b), in place.
// Without a buffer b: param −= lr · g. hyper = [lr, weightDecay, momentum, keep]. All others [n].
#include "optimizer.h"

typedef struct {
  float *param;
  const float *grad, *hyper;
  float *momentum; // null without
  int32_t n, tasks, nesterov, maximize;
} SgdStepArgs;

static void step(const void *p, int task, int worker) {
  const SgdStepArgs *args = p;
  float lr = args->hyper[0], decay = args->hyper[1], momentum = args->hyper[2], keep = args->hyper[3];
  Range range = taskRange(args->n, STEP_GRAIN, task, args->tasks);
  for (int i = range.begin; i < range.end; i += VL) {
    int left = range.end - i;
    vf param = vload(args->param + i);
    vf g = decayedGrad(args->grad + i, param, decay, args->maximize);
    if (args->momentum) {
      vf b = vfma(g, vsplat(keep), vload(args->momentum + i) * momentum);
      storeStep(args->momentum + i, b, left);
      g = args->nesterov ? vfma(b, vsplat(momentum), g) : b;
    }
    storeStep(args->param + i, vfma(g, vsplat(-lr), param), left);
  }
}

KERNEL(sgdStep, SgdStepArgs) { parallelFor(step, args, args->tasks); }
