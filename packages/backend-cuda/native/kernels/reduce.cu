// y[o] = combine of all terms x[kept(o) + reduced(t)], t < terms: sums, products and largest values, made in f32 or i32 and rounded once.
//
// A block of 256 threads makes 256 / lanes results: `lanes` threads share one, each with four accumulators that are joined in a tree, then
// the lanes'. The grid is [tiles, parts]: with parts > 1 a result's terms are cut and y is [parts, outputs], for a second launch.
#include "quads.h"
#include "reduce-axes.h"
#include "reductions.h"

struct ReduceParams {
  const void* x;
  void* y;
  uint32_t outputs;
  /** Per result, in quads if isVector. */
  uint32_t terms;
  /** Loads of four terms by each thread for its part. */
  uint32_t rounds;
  /** Threads that share a result, a power of 2. */
  uint32_t lanes;
  /** Whether neighbouring threads take neighbouring results rather than terms. */
  uint32_t isColumns;
  /** Whether terms and `reduced` count quads of four neighbours, which are read at once. */
  uint32_t isVector;
  uint32_t keptAxes, reducedAxes;
  /** At least one of each, of size 1 if need be. Steps count elements. */
  ReduceAxis kept[8];
  ReduceAxis reduced[8];
};

__device__ inline int32_t valueOf(int32_t x) { return x; }
template <class T>
__device__ float valueOf(T x) { return toFloat(x); }

template <class Y, class Value>
__device__ Y resultOf(Value value) {
  if constexpr (sizeof(Y) == sizeof(Value)) return value;
  else return fromFloat<Y>(value);
}

/** Terms of the thread: every lanes-th quad, or every lanes-th term, of its part. */
template <class Op, class X>
__device__ typename Op::Value ownTerms(const ReduceParams& p, const Share& share) {
  using Value = typename Op::Value;
  const X* const x = static_cast<const X*>(p.x) + placeOf(share.output, p.kept, p.keptAxes);
  Value total[4] = {Op::neutral(), Op::neutral(), Op::neutral(), Op::neutral()};
  const uint32_t perRound = p.isVector ? p.lanes : 4 * p.lanes;
  const uint32_t start = blockIdx.y * p.rounds * perRound;
  const uint32_t end = min(p.terms, start + p.rounds * perRound);
  if (p.isVector) {
#pragma unroll 4
    for (uint32_t t = start + share.lane; t < end; t += p.lanes) {
      const Quad<X> quad = loadQuad(x + placeOf(t, p.reduced, p.reducedAxes));
      for (int k = 0; k < 4; k++) total[k] = Op::combine(total[k], valueOf(quad.at[k]));
    }
  } else {
    for (uint32_t t = start + share.lane; t < end; t += 4 * p.lanes) {
      // Four loads are under way at once; past the end the first term stands in, and counts for nothing.
      Value terms[4];
      for (uint32_t k = 0; k < 4; k++) {
        const uint32_t at = t + k * p.lanes;
        terms[k] = valueOf(x[placeOf(at < end ? at : t, p.reduced, p.reducedAxes)]);
      }
      for (uint32_t k = 0; k < 4; k++)
        if (t + k * p.lanes < end) total[k] = Op::combine(total[k], terms[k]);
    }
  }
  return Op::combine(Op::combine(total[0], total[2]), Op::combine(total[1], total[3]));
}

template <class Op, class X, class Y>
__device__ void reduce(const ReduceParams& p) {
  using Value = typename Op::Value;
  __shared__ Value partial[REDUCE_THREADS];
  const Share share = shareOf(blockIdx.x, p.lanes, p.isColumns);
  const bool isMine = share.output < p.outputs;
  const Value own = isMine ? ownTerms<Op, X>(p, share) : Op::neutral();
  const Value total = combineLanes<Op>(own, share, p.lanes, partial);
  if (isMine && share.lane == 0) static_cast<Y*>(p.y)[blockIdx.y * p.outputs + share.output] = resultOf<Y>(total);
}

// From a dtype to itself, and where terms are cut in parts to f32 and from there.
#define REDUCTION(name, Op, from, X, to, Y) \
  KERNEL(name##_##from##_##to, ReduceParams, REDUCE_THREADS) { reduce<Op, X, Y>(p); }
#define HALF_REDUCTIONS(name, Op, half)         \
  REDUCTION(name, Op, half, half, half, half)   \
  REDUCTION(name, Op, half, half, f32, float)   \
  REDUCTION(name, Op, f32, float, half, half)

REDUCTION(sum, Sum, f32, float, f32, float)
HALF_REDUCTIONS(sum, Sum, f16)
HALF_REDUCTIONS(sum, Sum, bf16)
REDUCTION(sum, SumInts, i32, int32_t, i32, int32_t)

REDUCTION(amax, Largest, f32, float, f32, float)
HALF_REDUCTIONS(amax, Largest, f16)
HALF_REDUCTIONS(amax, Largest, bf16)
REDUCTION(amax, LargestInt, i32, int32_t, i32, int32_t)

REDUCTION(prod, Product, f32, float, f32, float)
