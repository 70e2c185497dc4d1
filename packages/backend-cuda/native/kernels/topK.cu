// The k best of each line of x [outer, n, inner], best first, with their indices: values and indices [outer, k, inner]. NaN counts
// as largest, of equals the first comes first.
//
// Each thread holds the best of its elements that isn't taken yet. For one place after the other the threads of a line find the best
// of these, and the one that had it looks for its next.
#include "lines.h"

struct TopKParams {
  const float* x;
  float* values;
  int32_t* indices;
  Lines lines;
  uint32_t k;
};

/** The best of the elements `first`, `first + lanes`, … of a line that is worse than `limit`. */
template <bool LARGEST>
__device__ uint64_t bestBelow(uint64_t limit, const float* x, const Lines& lines, uint32_t first, uint32_t end) {
  uint64_t best = NONE;
  for (uint32_t i = first; i < end; i += lines.lanes) {
    const uint32_t order = orderOf(x[i * lines.inner]);
    const uint64_t rank = rankOf(LARGEST ? order : ~order, i);
    if (rank < limit) best = better(best, rank);
  }
  return best;
}

template <bool LARGEST>
__device__ void topK(const TopKParams& p) {
  const Lines& lines = p.lines;
  const Share own = shareOf(lines, blockIdx.x);
  const bool isMine = own.output < lines.count;
  const float* const x = p.x + (isMine ? startOf(lines, own.output) : 0);
  const uint32_t end = isMine ? lines.n : 0;
  uint32_t to = isMine ? own.output / lines.inner * p.k * lines.inner + own.output % lines.inner : 0;
  uint64_t mine = bestBelow<LARGEST>(BEST, x, lines, own.lane, end);
  for (uint32_t place = 0; place < p.k; place++, to += lines.inner) {
    const uint64_t best = bestOfLanes(mine, own, lines.lanes);
    // Ranks differ by their indices, so that it is one thread's.
    if (best != mine || !isMine) continue;
    p.values[to] = x[indexOf(best) * lines.inner];
    p.indices[to] = static_cast<int32_t>(indexOf(best));
    if (place + 1 < p.k) mine = bestBelow<LARGEST>(best, x, lines, own.lane, end);
  }
}

KERNEL(topKLargest, TopKParams, REDUCE_THREADS) { topK<true>(p); }
KERNEL(topKSmallest, TopKParams, REDUCE_THREADS) { topK<false>(p); }
