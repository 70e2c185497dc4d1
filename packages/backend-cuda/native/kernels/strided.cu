// y[i] = x[start + Σ index · step]: permute, slice, expand and the like as one gather. Moves bits, by units of 1 to 16 bytes.
#include "divisor.h"
#include "units.h"

struct StridedAxis {
  Divisor size;
  /** Units of x from one index to the next. */
  uint32_t step;
};

struct StridedParams {
  const void* x;
  void* y;
  uint32_t units;
  uint32_t start;
  /** At least one. */
  uint32_t rank;
  StridedAxis axes[8];
};

template <class Unit>
__device__ void gatherStrided(const StridedParams& p) {
  const Unit* const x = static_cast<const Unit*>(p.x);
  makeUnits<Unit>(p.y, p.units, [&](uint32_t index) {
    uint32_t rest = index;
    uint32_t at = p.start;
    for (uint32_t axis = p.rank - 1; axis > 0; axis--) {
      const Division own = divide(rest, p.axes[axis].size);
      at += own.rest * p.axes[axis].step;
      rest = own.quotient;
    }
    // The outermost axis needs no division.
    return x[at + rest * p.axes[0].step];
  });
}

UNIT_KERNELS(strided, StridedParams, gatherStrided)
