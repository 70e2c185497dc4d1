// g = ±grad (+ weightDecay · param; decoupled: param *= 1 − lr · weightDecay instead); mean = beta1 · mean + (1 − beta1) · g;
// square = beta2 · square + (1 − beta2) · g²; largest = max(largest, square), if given;
// param −= lr / correction1 · mean / (√(largest or square) / correction2 + eps). In place, all [n] but
// hyper = [lr, weightDecay, beta1, beta2, eps, correction1, correction2].
#include "optimizer.h"

typedef struct {
  float *param;
  const float *grad, *hyper;
  float *mean, *square;
  float *largest; // null without AMSGrad
  int32_t n, tasks, decoupled, maximize;
} AdamStepArgs;

static void step(const void *p, int task, int worker) {
  const AdamStepArgs *args = p;
  const float *hyper = args->hyper;
  // Scalars in f64, as Python has them.
  double lr = hyper[0], decay = hyper[1], beta1 = hyper[2], beta2 = hyper[3];
  vf keep1 = vsplat((float)(1 - beta1)), keep2 = vsplat((float)(1 - beta2));
  vf shrink = vsplat(args->decoupled ? (float)(1 - lr * decay) : 1);
  vf rate = vsplat((float)(-lr / hyper[5]));
  float addedDecay = args->decoupled ? 0 : hyper[1];
  Range range = taskRange(args->n, STEP_GRAIN, task, args->tasks);
  for (int i = range.begin; i < range.end; i += VL) {
    int left = range.end - i;
    vf param = vload(args->param + i) * shrink;
    vf g = decayedGrad(args->grad + i, param, addedDecay, args->maximize);
    vf mean = vfma(g, keep1, vload(args->mean + i) * hyper[2]);
    vf square = vload(args->square + i) * hyper[3] + keep2 * g * g;
    storeStep(args->mean + i, mean, left);
    storeStep(args->square + i, square, left);
    if (args->largest) {
      square = vmaxnan(vload(args->largest + i), square);
      storeStep(args->largest + i, square, left);
    }
    vf divisor = vsqrt(square) / hyper[6] + hyper[4];
    storeStep(args->param + i, param + rate * mean / divisor, left);
  }
}

KERNEL(adamStep, AdamStepArgs) { parallelFor(step, args, args->tasks); }
