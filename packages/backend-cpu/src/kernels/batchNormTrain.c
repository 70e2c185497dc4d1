// y = (x − mean) / √(variance + eps) · weight + bias with mean = Σ x / m, variance = Σ (x − mean)² / m over each channel's
// m = N · inner values; x, y [N, C, inner], all others [C]. One channel at a time, which mostly stays in the L2 cache
// for the second and third pass.
//
// The second pass takes x − shift with shift = the mean in f32, and Σ (x − shift) with it: that corrects what the first pass and
// the rounding left over in the mean and in the variance (Chan, Golub & LeVeque 1983, eq. 1.7).
#include "sums.h"

typedef struct {
  const float *x, *weight, *bias;
  float *y, *mean, *variance;
  int32_t n, c, inner, tasks;
  float eps;
} BatchNormTrainArgs;

typedef struct { double sum, squares; } Moments;

// Adds Σ (x − shift) and Σ (x − shift)² of one plane.
INLINE void addMoments(Moments *total, const float *x, int n, float shift) {
  int i = 0;
  while (i + VL <= n) {
    int end = minInt(n, i + SUM_BLOCK);
    vf sum[CHAINS] = {0}, squares[CHAINS] = {0};
    for (; i + CHAINS * VL <= end; i += CHAINS * VL)
      for (int k = 0; k < CHAINS; k++) {
        vf d = vload(x + i + k * VL) - shift;
        sum[k] += d;
        squares[k] = vfma(d, d, squares[k]);
      }
    for (; i + VL <= end; i += VL) {
      vf d = vload(x + i) - shift;
      sum[0] += d;
      squares[0] = vfma(d, d, squares[0]);
    }
    total->sum += vsum((sum[0] + sum[1]) + (sum[2] + sum[3]));
    total->squares += vsum((squares[0] + squares[1]) + (squares[2] + squares[3]));
  }
  for (; i < n; i++) {
    double d = (double)x[i] - shift;
    total->sum += d;
    total->squares += d * d;
  }
}

INLINE void scalePlane(const float *x, float *y, int n, float mean, float scale, float shift) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(y + i, vfma(vload(x + i) - mean, vsplat(scale), vsplat(shift)));
  if (i < n) vstoren(y + i, vfma(vload(x + i) - mean, vsplat(scale), vsplat(shift)), n - i);
}

static void normalize(const void *p, int task, int worker) {
  const BatchNormTrainArgs *args = p;
  int n = args->n, inner = args->inner;
  size_t step = (size_t)args->c * inner;
  double m = (double)n * inner;
  Range channels = taskRange(args->c, 1, task, args->tasks);
  for (int c = channels.begin; c < channels.end; c++) {
    const float *x = args->x + (size_t)c * inner;
    double sum = 0;
    for (int k = 0; k < n; k++) sum += sumFloats(x + k * step, inner);
    float shift = (float)(sum / m);
    Moments centred = {0, 0};
    for (int k = 0; k < n; k++) addMoments(&centred, x + k * step, inner, shift);
    // Beside an infinite mean there is nothing to correct: ∞ − ∞.
    double mean = __builtin_isinf(shift) ? shift : shift + centred.sum / m;
    double variance = (centred.squares - centred.sum * centred.sum / m) / m;
    if (variance < 0) variance = 0; // by rounding only; NaN stays
    double scale = args->weight[c] / __builtin_sqrt(variance + args->eps);
    float *y = args->y + (size_t)c * inner;
    for (int k = 0; k < n; k++) scalePlane(x + k * step, y + k * step, inner, shift, (float)scale, (float)(args->bias[c] + (shift - mean) * scale));
    args->mean[c] = (float)mean;
    args->variance[c] = (float)variance;
  }
}

KERNEL(batchNormTrain, BatchNormTrainArgs) { parallelFor(normalize, args, args->tasks); }
