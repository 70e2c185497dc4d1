// dx = dy · (product of all other factors of the group), right where factors are 0: what stands in front of a factor times what
// stands behind it. x and dx lie alike, dy has one element a group.
//
// A block of 256 threads has 256 / lanes groups. Each of the `lanes` threads of a group has a run of its factors: it tells the others
// the product of its own, then goes over them forwards and backwards.
#include "reduce-axes.h"

struct ProdGradParams {
  const float* x;
  const float* dy;
  float* dx;
  uint32_t groups;
  uint32_t factors;
  /** Factors of a thread. */
  uint32_t run;
  /** Threads that share a group, a power of 2. */
  uint32_t lanes;
  /** Whether neighbouring threads take neighbouring groups rather than runs. */
  uint32_t isColumns;
  uint32_t keptAxes, reducedAxes;
  ReduceAxis kept[8];
  ReduceAxis reduced[8];
};

KERNEL(prodGrad_f32, ProdGradParams, REDUCE_THREADS) {
  __shared__ float products[REDUCE_THREADS];
  const Share share = shareOf(blockIdx.x, p.lanes, p.isColumns);
  const bool isMine = share.output < p.groups;
  const uint32_t base = isMine ? placeOf(share.output, p.kept, p.keptAxes) : 0;
  const uint32_t factors = isMine ? p.factors : 0;
  const uint32_t start = min(factors, share.lane * p.run);
  const uint32_t end = min(factors, start + p.run);

  float own = 1;
  if (p.lanes > 1)
    for (uint32_t i = start; i < end; i++) own *= p.x[base + placeOf(i, p.reduced, p.reducedAxes)];
  products[threadIdx.x] = own;
  __syncthreads();
  if (start == end) return;

  const uint32_t first = threadIdx.x - share.lane * share.apart;
  float before = 1;
  for (uint32_t other = 0; other < share.lane; other++) before *= products[first + other * share.apart];
  for (uint32_t i = start; i < end; i++) {
    const uint32_t at = base + placeOf(i, p.reduced, p.reducedAxes);
    p.dx[at] = before;
    before *= p.x[at];
  }
  const float dy = p.dy[share.output];
  float after = 1;
  for (uint32_t other = share.lane + 1; other < p.lanes; other++) after *= products[first + other * share.apart];
  for (uint32_t i = end; i > start; i--) {
    const uint32_t at = base + placeOf(i - 1, p.reduced, p.reducedAxes);
    p.dx[at] = p.dx[at] * after * dy;
    after *= p.x[at];
  }
}
