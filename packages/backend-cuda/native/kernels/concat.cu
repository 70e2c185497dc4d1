// Up to sixteen parts side by side in y. As matrices of equally many rows: a row of y from column `begin` on is a row of every part in
// turn. Moves bits, by units of 1 to 16 bytes; a thread moves four of them, a block apart.
#include "divisor.h"
#include "units.h"

constexpr uint32_t PARTS = 16;

struct ConcatParams {
  const void* parts[PARTS];
  void* y;
  /** Of this launch. */
  uint32_t units;
  /** Of this launch. */
  Divisor columns;
  uint32_t yColumns;
  uint32_t begin;
  /** The column behind each part, counted from `begin`. */
  uint32_t ends[PARTS];
};

template <class Unit>
__device__ void joinParts(const ConcatParams& p) {
  const uint32_t first = blockIdx.x * (blockDim.x * WRITES) + threadIdx.x;
  Unit moved[WRITES];
  uint32_t to[WRITES];
#pragma unroll
  for (uint32_t k = 0; k < WRITES; k++) {
    const uint32_t at = first + k * blockDim.x;
    if (at >= p.units) break;
    const Division row = divide(at, p.columns);
    uint32_t part = 0;
    uint32_t start = 0;
    while (row.rest >= p.ends[part]) start = p.ends[part++];
    const uint32_t from = row.quotient * (p.ends[part] - start) + row.rest - start;
    moved[k] = static_cast<const Unit*>(p.parts[part])[from];
    to[k] = row.quotient * p.yColumns + p.begin + row.rest;
  }
#pragma unroll
  for (uint32_t k = 0; k < WRITES; k++) {
    if (first + k * blockDim.x < p.units) static_cast<Unit*>(p.y)[to[k]] = moved[k];
  }
}

UNIT_KERNELS(concat, ConcatParams, joinParts)
