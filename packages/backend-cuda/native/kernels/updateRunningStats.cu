// running = (1 − s) · running + s · batch by channel, in place, with s = momentum or 1 / count, which is advanced first.
#include "device.h"

struct UpdateRunningStatsParams {
  float* runningMean;
  float* runningVar;
  const float* mean;
  const float* variance;
  /** Null if there is none. */
  int32_t* count;
  uint32_t channels, isAverage;
  float momentum, correction;
};

KERNEL(updateRunningStats, UpdateRunningStatsParams, 256) {
  const int32_t batches = p.count == nullptr ? 0 : *p.count + 1;
  // Everybody has read it before one writes.
  __syncthreads();
  if (p.count != nullptr && threadIdx.x == 0) *p.count = batches;
  const float share = p.isAverage ? 1.0f / static_cast<float>(batches) : p.momentum;
  for (uint32_t c = threadIdx.x; c < p.channels; c += blockDim.x) {
    p.runningMean[c] = p.runningMean[c] * (1 - share) + p.mean[c] * share;
    p.runningVar[c] = p.runningVar[c] * (1 - share) + p.variance[c] * (share * p.correction);
  }
}
