// y[i · yLine + j] = x[j · xStep + i] for i < lines, j < columns, and for all indices of the other axes. Moves bits.
//
// A block of 32 × 8 threads moves a tile of 32 × 32 by way of shared memory, so that neighbours read neighbouring elements of x and
// write neighbouring elements of y. Rows of the tile are an element longer: a column of it then lies in 32 different banks, for
// elements of 4 bytes, and of 2 and 1 as well. After M. Harris, "An Efficient Matrix Transpose in CUDA C/C++".
#include "divisor.h"

constexpr uint32_t TILE = 32;
constexpr uint32_t ROWS = 8;

struct TransposeAxis {
  Divisor size;
  uint32_t step, yStep;
};

struct TransposeParams {
  const void* x;
  void* y;
  /** Tiles along the columns and along the lines. */
  Divisor across, down;
  uint32_t start;
  uint32_t columns, lines;
  uint32_t xStep, yLine;
  uint32_t rank;
  /** The other axes. */
  TransposeAxis axes[8];
};

template <class T>
__device__ void transpose(const TransposeParams& p) {
  __shared__ T tile[TILE][TILE + 1];
  const T* const x = static_cast<const T*>(p.x);
  T* const y = static_cast<T*>(p.y);
  const Division across = divide(blockIdx.x, p.across);
  const Division down = divide(across.quotient, p.down);
  const uint32_t column = across.rest * TILE;
  const uint32_t line = down.rest * TILE;
  uint32_t at = p.start;
  uint32_t yAt = 0;
  uint32_t rest = down.quotient;
  for (uint32_t axis = p.rank; axis > 0; axis--) {
    const TransposeAxis& row = p.axes[axis - 1];
    const Division own = divide(rest, row.size);
    at += own.rest * row.step;
    yAt += own.rest * row.yStep;
    rest = own.quotient;
  }

  const uint32_t lane = threadIdx.x % TILE;
  for (uint32_t row = threadIdx.x / TILE; row < TILE; row += ROWS) {
    if (column + row < p.columns && line + lane < p.lines) tile[row][lane] = x[at + (column + row) * p.xStep + line + lane];
  }
  __syncthreads();
  for (uint32_t row = threadIdx.x / TILE; row < TILE; row += ROWS) {
    if (line + row < p.lines && column + lane < p.columns) y[yAt + (line + row) * p.yLine + column + lane] = tile[lane][row];
  }
}

KERNEL(transpose_1, TransposeParams, TILE * ROWS) { transpose<uint8_t>(p); }
KERNEL(transpose_2, TransposeParams, TILE * ROWS) { transpose<uint16_t>(p); }
KERNEL(transpose_4, TransposeParams, TILE * ROWS) { transpose<uint32_t>(p); }
