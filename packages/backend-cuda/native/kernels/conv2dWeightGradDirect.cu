// Gradient of a convolution by its weight where a group's share of the weight is small (depthwise, narrow groups):
//   dw[m, j] = Σ_q dy[m, q] · x[j moved to q]
// A block makes four columns of one row, from one part of the pixels: its threads go over them side by side, DIRECT_TERMS of them in
// one sum, and add up in a tree. A pixel of dy is read once for the four.
#include "weight-grad.h"

constexpr uint32_t DIRECT_TERMS = 256;

template <class T>
__device__ void addPixelsDirectly(const WeightGradParams& p) {
  __shared__ float warpSums[4][8];
  uint32_t rest = blockIdx.x;
  const uint32_t firstColumn = rest % p.tilesN * 4;
  rest /= p.tilesN;
  const uint32_t part = rest % p.count;
  const uint32_t channel = rest / p.count;
  const uint32_t ownGroup = channel / p.rows;
  int4 taps[4];
#pragma unroll
  for (uint32_t j = 0; j < 4; j++) taps[j] = p.table[min(firstColumn + j, p.columns - 1)];

  const uint32_t end = min((part + 1) * p.partPixels, p.pixels);
  const uint32_t step = blockDim.x * DIRECT_TERMS;
  float totals[4] = {};
  for (uint32_t first = part * p.partPixels + threadIdx.x; first < end; first += step) {
    float sums[4] = {};
    for (uint32_t q = first; q < min(first + step, end); q += blockDim.x) {
      const GradPixel pixel(p, ownGroup, q);
      const T* const dy = static_cast<const T*>(p.dy) + (pixel.image * p.groups * p.rows + channel) * p.plane;
      const float slope = toFloat(dy[pixel.place]);
#pragma unroll
      for (int j = 0; j < 4; j++) sums[j] = fmaf(slope, toFloat(pixel.valueAt<T>(p, taps[j])), sums[j]);
    }
#pragma unroll
    for (int j = 0; j < 4; j++) totals[j] += sums[j];
  }

#pragma unroll
  for (int j = 0; j < 4; j++) {
    const float sum = warpSum(totals[j]);
    if (threadIdx.x % 32 == 0) warpSums[j][threadIdx.x / 32] = sum;
  }
  __syncthreads();
  if (threadIdx.x >= 4 || firstColumn + threadIdx.x >= p.columns) return;
  float sum = 0;
  for (uint32_t warp = 0; warp < blockDim.x / 32; warp++) sum += warpSums[threadIdx.x][warp];
  storeWeight<T>(p, part, channel * p.columns + firstColumn + threadIdx.x, sum);
}

KERNEL(columns4_f32, WeightGradParams, 256) { addPixelsDirectly<float>(p); }
KERNEL(columns4_f16, WeightGradParams, 256) { addPixelsDirectly<f16>(p); }
KERNEL(columns4_bf16, WeightGradParams, 256) { addPixelsDirectly<bf16>(p); }
