// y[row, i] = Σ values[row, j] over all j with indices[row, j] = i, in f32 and in the order of j; 0 where there is none.
//
// A warp makes a range of a row of y in shared memory: it goes over all of the row's values, 32 at a time, and adds up those that fall
// in its range. So every sum has one owner, and no order is left to chance. In max pooling, whose indices grow with j, most warps
// find out by one vote that 32 values are for others.
#include "divisor.h"

constexpr uint32_t SCATTER_THREADS = 128;
/** Loads of 32 indices that are under way together. */
constexpr uint32_t LOADS = 4;

struct ScatterAxis {
  Divisor size;
  /** Elements of the values and of y. */
  uint32_t step, yStep;
};

struct ScatterAddParams {
  const void* values;
  const int32_t* indices;
  void* y;
  /** Ranges of all rows. */
  uint32_t tasks;
  /** Ranges of a row. */
  Divisor ranges;
  /** Elements of a range, and bits that count them. */
  uint32_t range, bits;
  /** Values, and elements of y, of a row. */
  uint32_t length, size;
  /** From one of them to the next. */
  uint32_t step, yStep;
  uint32_t rank;
  /** Of the rows. */
  ScatterAxis axes[8];
};

struct RowPlace {
  uint32_t values, y;
};

__device__ RowPlace placeOf(const ScatterAddParams& p, uint32_t row) {
  RowPlace place = {0, 0};
  for (uint32_t axis = p.rank; axis > 0; axis--) {
    const ScatterAxis& own = p.axes[axis - 1];
    const Division at = divide(row, own.size);
    place.values += at.rest * own.step;
    place.y += at.rest * own.yStep;
    row = at.quotient;
  }
  return place;
}

/** sums[to] += value of each lane that has one, those with the same `to` one after the other. All of the warp must call it. */
__device__ void addInOrder(float* sums, uint32_t to, float value, bool hasValue, uint32_t bits) {
  uint32_t equals = __ballot_sync(ALL_LANES, hasValue);
  if (equals == 0) return;
  // The lanes that agree in every bit of `to`.
  for (uint32_t bit = 0; bit < bits; bit++) {
    const bool isSet = to >> bit & 1;
    const uint32_t set = __ballot_sync(ALL_LANES, isSet);
    equals &= isSet ? set : ~set;
  }
  const uint32_t turn = __popc(equals & ((1u << threadIdx.x % 32) - 1));
  for (uint32_t now = 0; __any_sync(ALL_LANES, hasValue && turn >= now); now++) {
    if (hasValue && turn == now) sums[to] += value;
    __syncwarp();
  }
}

template <class T>
__device__ void scatterAdd(const ScatterAddParams& p) {
  DYNAMIC_SHARED(float, shared);
  const uint32_t warp = threadIdx.x / 32;
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t task = blockIdx.x * (blockDim.x / 32) + warp;
  if (task >= p.tasks) return;
  const Division row = divide(task, p.ranges);
  const RowPlace at = placeOf(p, row.quotient);
  const uint32_t first = row.rest * p.range;
  const uint32_t count = min(p.range, p.size - first);
  float* const sums = shared + warp * p.range;
  for (uint32_t i = lane; i < count; i += 32) sums[i] = 0;
  __syncwarp();

  const int32_t* const indices = p.indices + at.values;
  const T* const values = static_cast<const T*>(p.values) + at.values;
  for (uint32_t start = lane; start - lane < p.length; start += 32 * LOADS) {
    uint32_t to[LOADS];
    float value[LOADS];
#pragma unroll
    for (uint32_t k = 0; k < LOADS; k++) {
      const uint32_t j = start + k * 32;
      // What is in front of the range, or negative, becomes large and is past its end as well.
      to[k] = j < p.length ? static_cast<uint32_t>(indices[j * p.step]) - first : count;
    }
#pragma unroll
    for (uint32_t k = 0; k < LOADS; k++) value[k] = to[k] < count ? toFloat(values[(start + k * 32) * p.step]) : 0;
#pragma unroll
    for (uint32_t k = 0; k < LOADS; k++) addInOrder(sums, to[k], value[k], to[k] < count, p.bits);
  }
  T* const y = static_cast<T*>(p.y) + at.y;
  for (uint32_t i = lane; i < count; i += 32) y[(first + i) * p.yStep] = fromFloat<T>(sums[i]);
}

KERNEL(scatterAdd_f32, ScatterAddParams, SCATTER_THREADS) { scatterAdd<float>(p); }
KERNEL(scatterAdd_f16, ScatterAddParams, SCATTER_THREADS) { scatterAdd<f16>(p); }
KERNEL(scatterAdd_bf16, ScatterAddParams, SCATTER_THREADS) { scatterAdd<bf16>(p); }
