// dbias = Σ dy, dweight = Σ dy · x̂, dx = weight / σ · (dy − dbias / m − x̂ · dweight / m) with x̂ = (x − mean) / σ,
// σ = √(variance + eps), over each channel's m = N · inner values; x, dy, dx [N, C, inner], all others [C].
// One channel at a time. dx is nearly all cancellation where a channel has few values: nothing is divided by σ before the
// differences are taken, and channels of short planes are done in f64.
#include "sums.h"

typedef struct {
  const float *x, *weight, *mean, *variance, *dy;
  float *dx, *dweight, *dbias;
  int32_t n, c, inner, tasks;
  float eps;
} BatchNormTrainGradArgs;

typedef struct { double dy, dot; } GradSums;

// Adds Σ dy and Σ dy · (x − mean) of one plane.
INLINE void addGradSums(GradSums *total, const float *x, const float *dy, int n, float mean) {
  int i = 0;
  while (i + VL <= n) {
    int end = minInt(n, i + SUM_BLOCK);
    vf sum[2] = {0}, dot[2] = {0};
    for (; i + 2 * VL <= end; i += 2 * VL)
      for (int k = 0; k < 2; k++) {
        vf g = vload(dy + i + k * VL);
        sum[k] += g;
        dot[k] = vfma(vload(x + i + k * VL) - mean, g, dot[k]);
      }
    for (; i + VL <= end; i += VL) {
      vf g = vload(dy + i);
      sum[0] += g;
      dot[0] = vfma(vload(x + i) - mean, g, dot[0]);
    }
    total->dy += vsum(sum[0] + sum[1]);
    total->dot += vsum(dot[0] + dot[1]);
  }
  for (; i < n; i++) {
    total->dy += dy[i];
    total->dot += ((double)x[i] - mean) * dy[i];
  }
}

// dx = scale · (dy − dyMean − (x − mean) · slope) of one plane.
INLINE void gradPlane(const float *x, const float *dy, float *dx, int n, float mean, double dyMean, double slope, double scale) {
  vf meanV = vsplat(mean), dyMeanV = vsplat((float)dyMean), slopeV = vsplat((float)slope), scaleV = vsplat((float)scale);
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(dx + i, ((vload(dy + i) - dyMeanV) - (vload(x + i) - meanV) * slopeV) * scaleV);
  for (; i < n; i++) dx[i] = (float)((dy[i] - dyMean - ((double)x[i] - mean) * slope) * scale);
}

static void differentiate(const void *p, int task, int worker) {
  const BatchNormTrainGradArgs *args = p;
  int n = args->n, inner = args->inner;
  size_t step = (size_t)args->c * inner;
  double m = (double)n * inner;
  Range channels = taskRange(args->c, 1, task, args->tasks);
  for (int c = channels.begin; c < channels.end; c++) {
    size_t first = (size_t)c * inner;
    float mean = args->mean[c];
    GradSums sums = {0, 0};
    for (int k = 0; k < n; k++) addGradSums(&sums, args->x + first + k * step, args->dy + first + k * step, inner, mean);
    double variance = (double)args->variance[c] + args->eps, deviation = __builtin_sqrt(variance);
    double dyMean = sums.dy / m, slope = sums.dot / (m * variance), scale = args->weight[c] / deviation;
    for (int k = 0; k < n; k++) {
      size_t at = first + k * step;
      gradPlane(args->x + at, args->dy + at, args->dx + at, inner, mean, dyMean, slope, scale);
    }
    args->dweight[c] = (float)(sums.dot / deviation);
    args->dbias[c] = (float)sums.dy;
  }
}

KERNEL(batchNormTrainGrad, BatchNormTrainGradArgs) { parallelFor(differentiate, args, args->tasks); }
