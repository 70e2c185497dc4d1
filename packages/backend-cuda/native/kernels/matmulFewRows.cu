// y[r, c] = Σ a[r, k] · b[k, c] for few rows r, for each matrix of a batch: b is read once, for all rows. Threads share each sum and
// add up their shares as a tree. Variants hold the sums of 1, 2, 4 or 8 rows; those past the matrix repeat its last one.
//   matmulFewRowsDot     b lies as [C, K]: dot products of rows, the threads of a group side by side along k
//   matmulFewRowsAcross  b lies as [K, C]: the threads side by side across columns
#include "group-reduce.h"
#include "matmul-batch.h"

struct MatmulFewRowsParams {
  const void* a;
  const void* b;
  void* y;
  uint32_t rows, k, columns;
  /** Elements from one row of a to the next, and from one k to the next; from one row of y to the next, and from one column. */
  uint32_t aRow, aStep;
  uint32_t yRow, yColumn;
  /** Of b. */
  uint32_t isInFours;
  /** The same of a, where k is its contiguous axis. */
  uint32_t isAInFours;
  /** Groups of columns of a matrix, and of all matrices. */
  uint32_t columnGroups, groups;
  /** Threads of a group that makes dot products. */
  uint32_t lanes;
  MatmulBatch batch;
};

/** Rounds of loads that a thread adds up in order; then come the sums of these. */
constexpr uint32_t ROUNDS = 64;

/** Four steps of k of a row of a; zeros past the last k. */
template <class T>
__device__ Quad<float> stepsOfRow(const MatmulFewRowsParams& p, const T* a, uint32_t row, uint32_t k) {
  const T* const from = a + min(row, p.rows - 1) * p.aRow + k * p.aStep;
  if (p.aStep == 1) return readQuad(from, p.k - k, p.isAInFours != 0);
  Quad<float> result{};
  for (uint32_t j = 0; j < 4; j++) result.at[j] = k + j < p.k ? toFloat(from[j * p.aStep]) : 0;
  return result;
}

template <class T, uint32_t ROWS>
__device__ void matmulFewRowsDot(const MatmulFewRowsParams& p) {
  // Two columns for what is read of a, where that is much.
  constexpr uint32_t COLUMNS = ROWS > 2 ? 2 : 1;
  const uint32_t group = min(groupOfGrid(p.lanes), p.groups - 1);
  const uint32_t lane = laneOfGroup(p.lanes);
  const uint32_t column = group % p.columnGroups * COLUMNS;
  const uint32_t entry = group / p.columnGroups;
  const MatmulStarts starts = startsOf(p.batch, entry);
  const T* const a = static_cast<const T*>(p.a) + starts.a;
  const T* const b = static_cast<const T*>(p.b) + starts.b;
  const uint32_t stride = 4 * p.lanes;

  float totals[ROWS][COLUMNS] = {};
  for (uint32_t begin = 4 * lane; begin < p.k; begin += ROUNDS * stride) {
    const uint32_t end = min(begin + ROUNDS * stride, p.k);
    float sums[ROWS][COLUMNS] = {};
    for (uint32_t k = begin; k < end; k += stride) {
      Quad<float> values[COLUMNS];
#pragma unroll
      for (uint32_t c = 0; c < COLUMNS; c++)
        values[c] = readQuad(b + min(column + c, p.columns - 1) * p.k + k, p.k - k, p.isInFours != 0);
#pragma unroll
      for (uint32_t row = 0; row < ROWS; row++) {
        const Quad<float> factors = stepsOfRow(p, a, row, k);
#pragma unroll
        for (uint32_t c = 0; c < COLUMNS; c++)
          for (int j = 0; j < 4; j++) sums[row][c] = fmaf(factors.at[j], values[c].at[j], sums[row][c]);
      }
    }
#pragma unroll
    for (uint32_t i = 0; i < ROWS * COLUMNS; i++) totals[i / COLUMNS][i % COLUMNS] += sums[i / COLUMNS][i % COLUMNS];
  }

  T* const y = static_cast<T*>(p.y) + static_cast<size_t>(entry) * p.rows * p.columns;
#pragma unroll
  for (uint32_t i = 0; i < ROWS * COLUMNS; i++) {
    const uint32_t row = i / COLUMNS;
    const uint32_t c = column + i % COLUMNS;
    const float total = sumOfGroup(totals[row][i % COLUMNS], p.lanes);
    if (lane == 0 && groupOfGrid(p.lanes) < p.groups && row < p.rows && c < p.columns)
      y[row * p.yRow + c * p.yColumn] = fromFloat<T>(total);
  }
}

/** A block makes 32 columns: eight threads read a row of them as quads, 32 such rows at once. */
template <class T, uint32_t ROWS>
__device__ void matmulFewRowsAcross(const MatmulFewRowsParams& p) {
  constexpr uint32_t QUADS = 8;
  constexpr uint32_t SLICES = GROUP_BLOCK / QUADS;
  constexpr uint32_t WARPS = GROUP_BLOCK / 32;
  __shared__ Quad<float> ofWarps[WARPS][ROWS][QUADS];
  const uint32_t quad = threadIdx.x % QUADS;
  const uint32_t column = (blockIdx.x % p.columnGroups * QUADS + quad) * 4;
  const uint32_t entry = blockIdx.x / p.columnGroups;
  const MatmulStarts starts = startsOf(p.batch, entry);
  const T* const a = static_cast<const T*>(p.a) + starts.a;
  const T* const b = static_cast<const T*>(p.b) + starts.b;
  const uint32_t count = restOf(column, p.columns);

  Quad<float> totals[ROWS] = {};
  for (uint32_t begin = threadIdx.x / QUADS; begin < p.k; begin += ROUNDS * SLICES) {
    const uint32_t end = min(begin + ROUNDS * SLICES, p.k);
    Quad<float> sums[ROWS] = {};
    for (uint32_t k = begin; k < end; k += SLICES) {
      const Quad<float> values = readQuad(b + k * p.columns + column, count, p.isInFours != 0);
#pragma unroll
      for (uint32_t row = 0; row < ROWS; row++) {
        const float factor = toFloat(a[min(row, p.rows - 1) * p.aRow + k * p.aStep]);
        for (int j = 0; j < 4; j++) sums[row].at[j] = fmaf(factor, values.at[j], sums[row].at[j]);
      }
    }
#pragma unroll
    for (uint32_t row = 0; row < ROWS; row++)
      for (int j = 0; j < 4; j++) totals[row].at[j] += sums[row].at[j];
  }

  // The four slices of a warp, then the warps in order.
#pragma unroll
  for (uint32_t row = 0; row < ROWS; row++) {
    for (int j = 0; j < 4; j++)
      for (uint32_t distance = 16; distance >= QUADS; distance /= 2)
        totals[row].at[j] += shuffledDown(totals[row].at[j], distance);
    if (threadIdx.x % 32 < QUADS) ofWarps[threadIdx.x / 32][row][quad] = totals[row];
  }
  __syncthreads();
  const uint32_t row = threadIdx.x / QUADS;
  if (row >= min(ROWS, p.rows)) return;
  T* const y = static_cast<T*>(p.y) + static_cast<size_t>(entry) * p.rows * p.columns + row * p.yRow;
  for (uint32_t j = 0; j < 4; j++) {
    float total = 0;
    for (uint32_t warp = 0; warp < WARPS; warp++) total += ofWarps[warp][row][quad].at[j];
    if (j < count) y[(column + j) * p.yColumn] = fromFloat<T>(total);
  }
}

#define FEW_ROWS(rows, dtype, T)                                                                                    \
  KERNEL(matmulFewRowsDot##rows##_##dtype, MatmulFewRowsParams, GROUP_BLOCK) { matmulFewRowsDot<T, rows>(p); }       \
  KERNEL(matmulFewRowsAcross##rows##_##dtype, MatmulFewRowsParams, GROUP_BLOCK) { matmulFewRowsAcross<T, rows>(p); }
#define FEW_ROWS_OF(dtype, T) \
  FEW_ROWS(1, dtype, T)       \
  FEW_ROWS(2, dtype, T)       \
  FEW_ROWS(4, dtype, T)       \
  FEW_ROWS(8, dtype, T)

FEW_ROWS_OF(f32, float)
FEW_ROWS_OF(f16, f16)
FEW_ROWS_OF(bf16, bf16)
