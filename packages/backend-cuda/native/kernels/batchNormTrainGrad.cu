// dbias = Σ dy, dweight = Σ dy · x̂, dx = weight / σ · (dy − dbias / m − x̂ · dweight / m) by channel, with x̂ = (x − mean) / σ,
// σ = √(variance + eps) and m values per channel; x, dy, dx [N, C, inner], all else [C] in f32.
// Three launches: sums of parts of each channel, added to the channel's, then dx.
#include "channels.h"
#include "group-reduce.h"

/** Σ dy and Σ dy · (x − mean). */
struct GradSums {
  float dy;
  float products;
};

__device__ inline GradSums shuffledDown(const GradSums& x, uint32_t distance) {
  return {shuffledDown(x.dy, distance), shuffledDown(x.products, distance)};
}

__device__ inline GradSums add(const GradSums& a, const GradSums& b) { return {a.dy + b.dy, a.products + b.products}; }

struct BatchNormGradSumsParams {
  const void* x;
  const void* dy;
  const float* mean;
  GradSums* parts;  // [C, partsPerChannel]
  ChannelParts by;
};

template <class T>
__device__ void batchNormGradSums(const BatchNormGradSumsParams& p) {
  const ChannelPart part = channelPart(p.by, groupOfGrid(p.by.lanes));
  const float mean = p.mean[part.channel];
  const uint32_t lane = laneOfGroup(p.by.lanes);
  GradSums columns[4]{};
  for (uint32_t unit = part.begin + lane; unit < part.end; unit += p.by.lanes) {
    const ChannelQuad quad = channelQuad(p.by, part.channel, unit);
    const Quad<T> x = loadQuad(static_cast<const T*>(p.x) + quad.at);
    const Quad<T> dy = loadQuad(static_cast<const T*>(p.dy) + quad.at);
    for (int j = 0; j < 4; j++) {
      if (!quad.counts(static_cast<uint32_t>(j))) continue;
      columns[j].dy += toFloat(dy.at[j]);
      columns[j].products = fmaf(toFloat(dy.at[j]), toFloat(x.at[j]) - mean, columns[j].products);
    }
  }
  const GradSums own = add(add(columns[0], columns[1]), add(columns[2], columns[3]));
  const GradSums total = reduceGroup(own, p.by.lanes, add);
  if (lane == 0 && part.index < p.by.c * p.by.partsPerChannel) p.parts[part.index] = total;
}

/** Of dx = (dy − dyMean − (x − mean) · slope) · scale. */
struct alignas(16) GradCoefficients {
  float mean, dyMean, slope, scale;
};

struct BatchNormGradMergeParams {
  const float* weight;
  const float* mean;
  const float* variance;
  const GradSums* parts;  // [C, partsPerChannel]
  float* dweight;
  float* dbias;
  GradCoefficients* coefficients;
  uint32_t c;
  uint32_t partsPerChannel;
  /** Threads that make a channel. */
  uint32_t lanes;
  float m;
  float eps;
};

KERNEL(batchNormGradMerge, BatchNormGradMergeParams, GROUP_BLOCK) {
  const uint32_t channel = min(groupOfGrid(p.lanes), p.c - 1);
  const uint32_t lane = laneOfGroup(p.lanes);
  const GradSums* const parts = p.parts + static_cast<size_t>(channel) * p.partsPerChannel;
  GradSums sums{};
  for (uint32_t part = lane; part < p.partsPerChannel; part += p.lanes) sums = add(sums, parts[part]);
  sums = reduceGroup(sums, p.lanes, add);
  if (lane > 0 || groupOfGrid(p.lanes) >= p.c) return;

  const float power = p.variance[channel] + p.eps;
  const float deviation = sqrtf(power);
  p.dbias[channel] = sums.dy;
  p.dweight[channel] = sums.products / deviation;
  p.coefficients[channel] = {p.mean[channel], sums.dy / p.m, sums.products / p.m / power, p.weight[channel] / deviation};
}

struct BatchNormTrainGradParams {
  const void* x;
  const void* dy;
  const GradCoefficients* coefficients;
  void* dx;
  uint32_t elements;
  uint32_t c, inner;
};

/** dx is nearly all cancellation where a channel has few values: the differences are taken before the scale. Four neighbours a thread. */
template <class T>
__device__ void batchNormTrainGrad(const BatchNormTrainGradParams& p) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  ChannelWalk walk(first, p.c, p.inner);
  GradCoefficients by = p.coefficients[walk.channel];
  const Quad<T> x = loadQuad(static_cast<const T*>(p.x) + first);
  const Quad<T> dy = loadQuad(static_cast<const T*>(p.dy) + first);
  Quad<T> dx;
  for (int j = 0; j < 4; j++) {
    const float rest = (toFloat(dy.at[j]) - by.dyMean) - (toFloat(x.at[j]) - by.mean) * by.slope;
    dx.at[j] = fromFloat<T>(rest * by.scale);
    if (j < 3 && walk.step()) by = p.coefficients[walk.channel];
  }
  storeQuad(static_cast<T*>(p.dx) + first, dx);
}

#define BATCH_NORM_GRAD(dtype, T)                                                            \
  KERNEL(batchNormGradSums_##dtype, BatchNormGradSumsParams, GROUP_BLOCK) { batchNormGradSums<T>(p); } \
  KERNEL(batchNormTrainGrad_##dtype, BatchNormTrainGradParams, 256) { batchNormTrainGrad<T>(p); }

BATCH_NORM_GRAD(f32, float)
BATCH_NORM_GRAD(f16, f16)
BATCH_NORM_GRAD(bf16, bf16)
