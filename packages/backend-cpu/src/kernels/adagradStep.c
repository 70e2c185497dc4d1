// g = ±grad + weightDecay · param; square += g²; param −= lr · g / (√square + eps), in place, all [n] but
// hyper = [lr, weightDecay, eps].
#include "optimizer.h"

typedef struct {
  float *param;
  const float *grad, *hyper;
  float *square;
  int32_t n, tasks, maximize;
} AdagradStepArgs;

static void step(const void *p, int task, int worker) {
  const AdagradStepArgs *args = p;
  float decay = args->hyper[1], eps = args->hyper[2];
  vf rate = vsplat(-args->hyper[0]);
  Range range = taskRange(args->n, STEP_GRAIN, task, args->tasks);
  for (int i = range.begin; i < range.end; i += VL) {
    int left = range.end - i;
    vf param = vload(args->param + i);
    vf g = decayedGrad(args->grad + i, param, decay, args->maximize);
    vf square = vload(args->square + i) + g * g;
    storeStep(args->square + i, square, left);
    storeStep(args->param + i, param + rate * g / (vsqrt(square) + eps), left);
  }
}

KERNEL(adagradStep, AdagradStepArgs) { parallelFor(step, args, args->tasks); }
