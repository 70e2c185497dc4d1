// y = exp(x − max) / Σ exp(x − max), or x − max − log Σ exp(x − max), along the lines of x and y [outer, n, inner].
//
// A block of 256 threads has 256 / lanes lines: `lanes` threads share one and go over it three times, for the largest, the total and the
// results; what is read again comes from cache. With one lane a line has a thread.
#include "reduce-axes.h"
#include "reductions.h"

/** Terms that are added one after the other before sums of sums begin. */
constexpr uint32_t SUM_BLOCK = 256;

struct SoftmaxParams {
  const void* x;
  void* y;
  uint32_t lines;
  uint32_t n;
  uint32_t inner;
  /** Threads that share a line, a power of 2. */
  uint32_t lanes;
  /** Whether neighbouring threads take neighbouring lines rather than elements. */
  uint32_t isColumns;
};

template <class T, bool isLog>
__device__ void softmax(const SoftmaxParams& p) {
  __shared__ float largestOfLanes[REDUCE_THREADS];
  __shared__ float sumOfLanes[REDUCE_THREADS];
  const Share share = shareOf(blockIdx.x, p.lanes, p.isColumns);
  // Past the last line there is nothing to do but to be at the barriers.
  const uint32_t n = share.output < p.lines ? p.n : 0;
  const uint32_t line = min(share.output, p.lines - 1);
  const uint32_t base = line / p.inner * p.n * p.inner + line % p.inner;
  const T* const x = static_cast<const T*>(p.x) + base;
  T* const y = static_cast<T*>(p.y) + base;

  float largest = Largest::neutral();
  for (uint32_t i = share.lane; i < n; i += p.lanes) largest = Largest::combine(largest, toFloat(x[i * p.inner]));
  largest = combineLanes<Largest>(largest, share, p.lanes, largestOfLanes);

  float sum = 0;
  for (uint32_t block = share.lane; block < n; block += SUM_BLOCK * p.lanes) {
    float ofBlock = 0;
    const uint32_t end = min(n, block + SUM_BLOCK * p.lanes);
    for (uint32_t i = block; i < end; i += p.lanes) ofBlock += expf(toFloat(x[i * p.inner]) - largest);
    sum += ofBlock;
  }
  const float total = combineLanes<Sum>(sum, share, p.lanes, sumOfLanes);

  const float logTotal = isLog ? logf(total) : 0;
  for (uint32_t i = share.lane; i < n; i += p.lanes) {
    const float distance = toFloat(x[i * p.inner]) - largest;
    y[i * p.inner] = fromFloat<T>(isLog ? distance - logTotal : expf(distance) / total);
  }
}

#define SOFTMAX(dtype, T)                                                                  \
  KERNEL(softmax_##dtype, SoftmaxParams, REDUCE_THREADS) { softmax<T, false>(p); }         \
  KERNEL(logSoftmax_##dtype, SoftmaxParams, REDUCE_THREADS) { softmax<T, true>(p); }

SOFTMAX(f32, float)
SOFTMAX(f16, f16)
SOFTMAX(bf16, bf16)
