// y[line] = index of the largest of a line of x [outer, n, inner]: the first of equals, the first NaN before all.
//
// Threads go over a line with as many steps between them as share it, and join their best by shuffles and shared memory. Where there
// are few lines, each is cut into parts, which leave their best ranks for `argmaxJoin`.
#include "lines.h"

struct ArgmaxParams {
  const void* x;
  int32_t* y;
  /** [parts, lines]; null if there is one part. */
  uint64_t* best;
  Lines lines;
  /** Blocks for one part of all lines. */
  uint32_t tiles;
  /** Elements of a part. */
  uint32_t length;
};

template <class T>
__device__ void argmax(const ArgmaxParams& p) {
  const Lines& lines = p.lines;
  const uint32_t part = blockIdx.x / p.tiles;
  const Share own = shareOf(lines, blockIdx.x % p.tiles);
  const bool isMine = own.output < lines.count;
  const T* const x = static_cast<const T*>(p.x) + (isMine ? startOf(lines, own.output) : 0);
  const uint32_t end = isMine ? min(lines.n, (part + 1) * p.length) : 0;
  uint64_t best = NONE;
  for (uint32_t i = part * p.length + own.lane; i < end; i += lines.lanes) best = better(best, rankOf(orderOf(x[i * lines.inner]), i));
  best = bestOfLanes(best, own, lines.lanes);
  if (!isMine || own.lane > 0) return;
  if (p.best == nullptr) p.y[own.output] = static_cast<int32_t>(indexOf(best));
  else p.best[part * lines.count + own.output] = best;
}

KERNEL(argmax_f32, ArgmaxParams, REDUCE_THREADS) { argmax<float>(p); }
KERNEL(argmax_i32, ArgmaxParams, REDUCE_THREADS) { argmax<int32_t>(p); }

struct ArgmaxJoinParams {
  const uint64_t* best;
  int32_t* y;
  uint32_t lines;
  uint32_t parts;
};

/** A warp for each line. */
KERNEL(argmaxJoin, ArgmaxJoinParams, 256) {
  const uint32_t line = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
  uint64_t best = NONE;
  if (line < p.lines) {
    for (uint32_t part = threadIdx.x % 32; part < p.parts; part += 32) best = better(best, p.best[part * p.lines + line]);
  }
  best = bestOfLanes(best, shareOf(blockIdx.x, 32, false), 32);
  if (line < p.lines && threadIdx.x % 32 == 0) p.y[line] = static_cast<int32_t>(indexOf(best));
}
