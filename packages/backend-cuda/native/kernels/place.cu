// y is x with something around and between its elements: on each axis x's index k lies at before + k · step, and elsewhere is a constant,
// or x mirrored (without its edge) or its edge repeated. Moves bits, by units of 1 to 16 bytes.
#include "divisor.h"
#include "units.h"

struct PlacedAxis {
  /** Size in y. */
  Divisor total;
  uint32_t before;
  /** Size in x. */
  uint32_t size;
  /** 1 unless the rest is a constant. */
  uint32_t step;
};

struct PlaceParams {
  const void* x;
  void* y;
  uint32_t units;
  /** The constant's bits, repeated to a word. */
  uint32_t constant;
  /** At least one. */
  uint32_t rank;
  PlacedAxis axes[8];
};

enum Mode { CONSTANT, REFLECT, REPLICATE };

constexpr uint32_t NOWHERE = 0xffffffffu;

/** A unit of the words that `word` repeats. */
template <class Unit>
__device__ Unit repeated(uint32_t word) { return static_cast<Unit>(word); }
template <>
__device__ inline uint2 repeated<uint2>(uint32_t word) { return make_uint2(word, word); }
template <>
__device__ inline uint4 repeated<uint4>(uint32_t word) { return make_uint4(word, word, word, word); }

/** The index along an axis of x that index `place` of y stems from; past the end if it is the constant. */
template <Mode MODE>
__device__ uint32_t along(const PlacedAxis& axis, uint32_t place) {
  const uint32_t last = axis.size - 1;
  if constexpr (MODE == CONSTANT) {
    if (place < axis.before) return NOWHERE;
    const uint32_t k = place - axis.before;
    if (axis.step == 1) return k;
    return k % axis.step == 0 ? k / axis.step : NOWHERE;
  }
  if (place < axis.before) return MODE == REFLECT ? axis.before - place : 0;
  const uint32_t k = place - axis.before;
  if (k <= last) return k;
  return MODE == REFLECT ? 2 * last - k : last;
}

template <class Unit, Mode MODE>
__device__ void place(const PlaceParams& p) {
  const Unit* const x = static_cast<const Unit*>(p.x);
  makeUnits<Unit>(p.y, p.units, [&](uint32_t index) {
    uint32_t rest = index;
    uint32_t at = 0;
    uint32_t stride = 1;
    for (uint32_t axis = p.rank; axis > 0; axis--) {
      const PlacedAxis& row = p.axes[axis - 1];
      const Division own = divide(rest, row.total);
      const uint32_t k = along<MODE>(row, own.rest);
      if (k >= row.size) return repeated<Unit>(p.constant);
      at += k * stride;
      stride *= row.size;
      rest = own.quotient;
    }
    return x[at];
  });
}

template <class Unit>
__device__ void placeConstant(const PlaceParams& p) { place<Unit, CONSTANT>(p); }
template <class Unit>
__device__ void placeReflect(const PlaceParams& p) { place<Unit, REFLECT>(p); }
template <class Unit>
__device__ void placeReplicate(const PlaceParams& p) { place<Unit, REPLICATE>(p); }

UNIT_KERNELS(placeConstant, PlaceParams, placeConstant)
UNIT_KERNELS(placeReflect, PlaceParams, placeReflect)
UNIT_KERNELS(placeReplicate, PlaceParams, placeReplicate)
