// dx[i] = Σ dy over the places that pad copied x[i] to: on each axis its own, and those that mirror it or repeat it where it is the edge.
// A thread makes one element, adding up in f32 in the order of the places; most elements have but one.
#include "divisor.h"

struct PadGradAxis {
  /** Size in x. */
  Divisor size;
  uint32_t before, after;
};

struct PadGradParams {
  const void* dy;
  void* dx;
  uint32_t elements;
  /** At least one. */
  uint32_t rank;
  PadGradAxis axes[8];
};

enum Mode { REFLECT, REPLICATE };

/** Terms that are added one after another before they join the rest. */
constexpr uint32_t RUN = 256;

struct Place {
  /** In dy. */
  uint32_t at;
  /** Of the element's places. */
  uint32_t count;
};

/** The place of index k along one axis; `nth` counts modulo the places. */
template <Mode MODE>
__device__ Place along(const PadGradAxis& axis, uint32_t k, uint32_t nth) {
  const uint32_t last = axis.size.value - 1;
  if constexpr (MODE == REPLICATE) {
    const uint32_t first = k == 0 ? 0 : axis.before + k;
    const uint32_t count = axis.before + k + (k == last ? axis.after : 0) + 1 - first;
    return {first + (count == 1 ? 0 : nth % count), count};
  }
  const uint32_t left = k > 0 && k <= axis.before ? 1 : 0;
  const uint32_t right = k < last && k + axis.after >= last ? 1 : 0;
  const uint32_t count = 1 + left + right;
  const uint32_t t = nth % count;
  // In order: mirrored on the left, its own, mirrored on the right.
  if (t < left) return {axis.before - k, count};
  return {t == left ? axis.before + k : axis.before + 2 * last - k, count};
}

/** The nth place of element `index`. */
template <Mode MODE>
__device__ Place placeOf(const PadGradParams& p, uint32_t index, uint32_t nth) {
  uint32_t rest = index;
  uint32_t stride = 1;
  Place place = {0, 1};
  for (uint32_t axis = p.rank; axis > 0; axis--) {
    const PadGradAxis& row = p.axes[axis - 1];
    const Division own = divide(rest, row.size);
    const Place next = along<MODE>(row, own.rest, nth);
    place.at += next.at * stride;
    place.count *= next.count;
    if (next.count > 1) nth /= next.count;
    rest = own.quotient;
    stride *= row.size.value + row.before + row.after;
  }
  return place;
}

template <class T, Mode MODE>
__device__ void padGrad(const PadGradParams& p) {
  const uint32_t index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= p.elements) return;
  const T* const dy = static_cast<const T*>(p.dy);
  const Place first = placeOf<MODE>(p, index, 0);
  float sum = 0;
  float run = toFloat(dy[first.at]);
  for (uint32_t t = 1; t < first.count; t++) {
    if (t % RUN == 0) {
      sum += run;
      run = 0;
    }
    run += toFloat(dy[placeOf<MODE>(p, index, t).at]);
  }
  static_cast<T*>(p.dx)[index] = fromFloat<T>(sum + run);
}

// clang-format off
#define VARIANTS(dtype, T)                                                              \
  KERNEL(padGradReflect_##dtype, PadGradParams, 256) { padGrad<T, REFLECT>(p); }        \
  KERNEL(padGradReplicate_##dtype, PadGradParams, 256) { padGrad<T, REPLICATE>(p); }
// clang-format on

VARIANTS(f32, float)
VARIANTS(f16, f16)
VARIANTS(bf16, bf16)
