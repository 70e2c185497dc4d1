// y[i, j, k] = x[i, indices[i, j, k], k] for axis 1, and so on; where an index is out of range, what is missing. Moves bits.
#include "divisor.h"
#include "units.h"

struct GatherAxis {
  Divisor size;
  /** Of x; 0 along the indexed axis, where only the index moves on. */
  uint32_t step;
};

struct GatherParams {
  const void* x;
  const int32_t* indices;
  void* y;
  uint32_t elements;
  /** Size and step of x along the indexed axis. */
  uint32_t size, step;
  /** The bits of NaN, or 0 of integers. */
  uint32_t missing;
  /** At least one. */
  uint32_t rank;
  GatherAxis axes[8];
};

template <class T>
__device__ void gatherIndexed(const GatherParams& p) {
  const T* const x = static_cast<const T*>(p.x);
  makeUnits<T>(p.y, p.elements, [&](uint32_t place) {
    // A negative index is a large one, and out of range as well.
    const auto index = static_cast<uint32_t>(p.indices[place]);
    if (index >= p.size) return static_cast<T>(p.missing);
    uint32_t at = index * p.step;
    uint32_t rest = place;
    for (uint32_t axis = p.rank - 1; axis > 0; axis--) {
      const Division own = divide(rest, p.axes[axis].size);
      at += own.rest * p.axes[axis].step;
      rest = own.quotient;
    }
    return x[at + rest * p.axes[0].step];
  });
}

KERNEL(gather_1, GatherParams, 256) { gatherIndexed<uint8_t>(p); }
KERNEL(gather_2, GatherParams, 256) { gatherIndexed<uint16_t>(p); }
KERNEL(gather_4, GatherParams, 256) { gatherIndexed<uint32_t>(p); }
