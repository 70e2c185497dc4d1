// y = (x − mean) / √(variance + eps) · weight + bias by channel with the batch's own moments; x, y [N, C, inner], all else [C] in f32.
// Three launches: moments of parts of each channel, merged to the channel's, then y.
//
// Moments are those of x − shift, shift being the channel's first element. It takes a mean far from 0 out exactly, and moments are
// merged as means and squares about them, so that nothing cancels wherever the first element lies.
// Source: Chan, Golub & LeVeque 1983, eq. 2.1.
#include "channels.h"
#include "group-reduce.h"

struct Moments {
  float count;
  float mean;
  /** Σ (x − mean)² */
  float squares;
};

__device__ inline Moments shuffledDown(const Moments& x, uint32_t distance) {
  return {shuffledDown(x.count, distance), shuffledDown(x.mean, distance), shuffledDown(x.squares, distance)};
}

__device__ inline Moments merge(const Moments& a, const Moments& b) {
  const float count = a.count + b.count;
  const float delta = b.mean - a.mean;
  const float share = b.count / fmaxf(count, 1);
  return {count, fmaf(delta, share, a.mean), a.squares + b.squares + delta * delta * a.count * share};
}

struct BatchNormMomentsParams {
  const void* x;
  Moments* parts;  // [C, partsPerChannel]
  ChannelParts by;
};

/** Of up to four quads of a part, `lanes` apart. */
template <class T>
__device__ Moments momentsOf(const BatchNormMomentsParams& p, const ChannelPart& part, uint32_t unit, float shift) {
  constexpr int QUADS = 4;
  float values[4 * QUADS];
  bool counts[4 * QUADS];
  Moments result{};
  for (int i = 0; i < QUADS; i++) {
    const uint32_t at = unit + static_cast<uint32_t>(i) * p.by.lanes;
    const ChannelQuad quad = channelQuad(p.by, part.channel, min(at, part.end - 1));
    const Quad<T> x = loadQuad(static_cast<const T*>(p.x) + quad.at);
    for (int j = 0; j < 4; j++) {
      counts[4 * i + j] = at < part.end && quad.counts(static_cast<uint32_t>(j));
      values[4 * i + j] = counts[4 * i + j] ? toFloat(x.at[j]) - shift : 0;
      result.count += counts[4 * i + j] ? 1.0f : 0.0f;
      result.mean += values[4 * i + j];
    }
  }
  result.mean /= fmaxf(result.count, 1);
  for (int i = 0; i < 4 * QUADS; i++) {
    const float distance = counts[i] ? values[i] - result.mean : 0;
    result.squares = fmaf(distance, distance, result.squares);
  }
  return result;
}

template <class T>
__device__ void batchNormMoments(const BatchNormMomentsParams& p) {
  const ChannelPart part = channelPart(p.by, groupOfGrid(p.by.lanes));
  const float shift = toFloat(static_cast<const T*>(p.x)[part.channel * p.by.inner]);
  const uint32_t lane = laneOfGroup(p.by.lanes);
  Moments total{};
  for (uint32_t unit = part.begin + lane; unit < part.end; unit += 4 * p.by.lanes)
    total = merge(total, momentsOf<T>(p, part, unit, shift));
  total = reduceGroup(total, p.by.lanes, merge);
  if (lane == 0 && part.index < p.by.c * p.by.partsPerChannel) p.parts[part.index] = total;
}

/** Of y = (x − mean) · scale + offset. */
struct alignas(16) Coefficients {
  float mean, scale, offset, unused;
};

struct BatchNormMergeParams {
  const void* x;
  const float* weight;
  const float* bias;
  const Moments* parts;  // [C, partsPerChannel]
  float* mean;
  float* variance;
  Coefficients* coefficients;
  uint32_t c, inner;
  uint32_t partsPerChannel;
  /** Threads that make a channel. */
  uint32_t lanes;
  float eps;
};

/**
 * scale = weight / √(variance + eps), offset = bias − rest · scale, where rest is what the mean lost by rounding to f32. Beside a mean
 * much larger than the deviation it counts.
 */
template <class T>
__device__ void batchNormMerge(const BatchNormMergeParams& p) {
  const uint32_t channel = min(groupOfGrid(p.lanes), p.c - 1);
  const uint32_t lane = laneOfGroup(p.lanes);
  const Moments* const parts = p.parts + static_cast<size_t>(channel) * p.partsPerChannel;
  Moments all{};
  for (uint32_t part = lane; part < p.partsPerChannel; part += p.lanes) all = merge(all, parts[part]);
  all = reduceGroup(all, p.lanes, merge);
  if (lane > 0 || groupOfGrid(p.lanes) >= p.c) return;

  const float shift = toFloat(static_cast<const T*>(p.x)[channel * p.inner]);
  const float mean = shift + all.mean;
  const float rest = (shift - mean) + all.mean;
  const float variance = all.squares / all.count;
  const float scale = p.weight[channel] / sqrtf(variance + p.eps);
  p.mean[channel] = mean;
  p.variance[channel] = variance;
  p.coefficients[channel] = {mean, scale, fmaf(-rest, scale, p.bias[channel]), 0};
}

struct BatchNormTrainParams {
  const void* x;
  const Coefficients* coefficients;
  void* y;
  uint32_t elements;
  uint32_t c, inner;
};

/** A thread makes four neighbours; buffers are long enough for a last quad past their end. */
template <class T>
__device__ void batchNormTrain(const BatchNormTrainParams& p) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  ChannelWalk walk(first, p.c, p.inner);
  Coefficients by = p.coefficients[walk.channel];
  const Quad<T> x = loadQuad(static_cast<const T*>(p.x) + first);
  Quad<T> y;
  for (int j = 0; j < 4; j++) {
    y.at[j] = fromFloat<T>(fmaf(toFloat(x.at[j]) - by.mean, by.scale, by.offset));
    if (j < 3 && walk.step()) by = p.coefficients[walk.channel];
  }
  storeQuad(static_cast<T*>(p.y) + first, y);
}

#define BATCH_NORM(dtype, T)                                                               \
  KERNEL(batchNormMoments_##dtype, BatchNormMomentsParams, GROUP_BLOCK) { batchNormMoments<T>(p); } \
  KERNEL(batchNormMerge_##dtype, BatchNormMergeParams, GROUP_BLOCK) { batchNormMerge<T>(p); }       \
  KERNEL(batchNormTrain_##dtype, BatchNormTrainParams, 256) { batchNormTrain<T>(p); }

BATCH_NORM(f32, float)
BATCH_NORM(f16, f16)
BATCH_NORM(bf16, bf16)
