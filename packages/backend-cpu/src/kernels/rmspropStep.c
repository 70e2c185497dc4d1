// g = ±grad + weightDecay · param; square = alpha · square + (1 − alpha) · g²; centered: mean = alpha · mean + (1 − alpha) · g;
// d = √v + eps or √(v + eps), v = square (centered: square − mean²);
// momentum > 0: b = momentum · b + g / d, param −= lr · b; else param −= lr · g / d. In place, all [n] but
// hyper = [lr, weightDecay, alpha, eps, momentum]. Where an option is off, its buffer isn't touched.
#include "optimizer.h"

typedef struct {
  float *param;
  const float *grad, *hyper;
  float *square, *mean, *momentum;
  int32_t n, tasks, centered, epsInside, maximize;
} RmspropStepArgs;

static void step(const void *p, int task, int worker) {
  const RmspropStepArgs *args = p;
  const float *hyper = args->hyper;
  float decay = hyper[1], alpha = hyper[2], eps = hyper[3], momentum = hyper[4];
  vf rate = vsplat(-hyper[0]), keep = vsplat((float)(1 - (double)alpha));
  Range range = taskRange(args->n, STEP_GRAIN, task, args->tasks);
  for (int i = range.begin; i < range.end; i += VL) {
    int left = range.end - i;
    vf param = vload(args->param + i);
    vf g = decayedGrad(args->grad + i, param, decay, args->maximize);
    vf square = vload(args->square + i) * alpha + keep * g * g;
    storeStep(args->square + i, square, left);
    if (args->centered) {
      vf mean = vfma(g, keep, vload(args->mean + i) * alpha);
      storeStep(args->mean + i, mean, left);
      square = square - mean * mean;
    }
    vf divisor = args->epsInside ? vsqrt(square + eps) : vsqrt(square) + eps;
    if (momentum > 0) {
      vf b = vload(args->momentum + i) * momentum + g / divisor;
      storeStep(args->momentum + i, b, left);
      storeStep(args->param + i, vfma(b, rate, param), left);
    } else {
      storeStep(args->param + i, param + rate * g / divisor, left);
    }
  }
}

KERNEL(rmspropStep, RmspropStepArgs) { parallelFor(step, args, args->tasks); }
