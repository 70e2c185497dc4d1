// y[m, n] = Σ a[m, k] · b[k, n] for each matrix of a batch; a lies as [M, K] or [K, M], b as [K, N] or [N, K], rows contiguous.
// A block makes a tile of y, a thread ROW_BLOCKS · 4 rows × 4 columns of it in registers. TILE_K steps of k of both operands stand in
// shared memory, in f32 and with k outermost, while the next ones are on their way from global memory to its other half.
// Scheme: V. Volkov & J. Demmel, "Benchmarking GPUs to tune dense linear algebra" (2008).
#include "matmul-tiles.h"

constexpr uint32_t TILE_K = 16;
/** Terms that are summed in order; sums of blocks are added in a second accumulator. A multiple of TILE_K. */
constexpr uint32_t SUM_BLOCK = 256;
/** Past each row of a tile: threads that turn quads along k by 90° then meet 16 banks rather than 8. Whole quads stay aligned. */
constexpr uint32_t TILE_GAP = 4;

/** Carries TILE_K × SIZE elements of an operand from global to shared memory. */
template <class T, uint32_t SIZE, uint32_t THREADS>
struct TileCarrier {
  static constexpr uint32_t QUADS = SIZE * TILE_K / 4 / THREADS;
  static_assert(QUADS * 4 * THREADS == SIZE * TILE_K);
  using Tile = float[TILE_K][SIZE + TILE_GAP];

  const T* matrix;
  const MatmulSide& side;
  uint32_t k;
  /** Of the rows or columns. */
  uint32_t first;
  Quad<float> quads[QUADS];

  __device__ TileCarrier(const T* matrix, const MatmulSide& side, uint32_t k, uint32_t first)
      : matrix(matrix), side(side), k(k), first(first) {}

  /** Neighbouring threads take what lies side by side. */
  struct Place {
    uint32_t line, step;
  };
  __device__ Place place(uint32_t i) const {
    const uint32_t quad = threadIdx.x + i * THREADS;
    if (side.isAlongK) return {quad / (TILE_K / 4), quad % (TILE_K / 4) * 4};
    return {quad % (SIZE / 4) * 4, quad / (SIZE / 4)};
  }

  __device__ void read(uint32_t firstK) {
#pragma unroll
    for (uint32_t i = 0; i < QUADS; i++) {
      const Place at = place(i);
      const uint32_t line = first + at.line;
      const uint32_t step = firstK + at.step;
      const uint32_t start = side.isAlongK ? line * k + step : step * side.length + line;
      const uint32_t rest = side.isAlongK ? restOf(step, k) : restOf(line, side.length);
      const bool isInside = side.isAlongK ? line < side.length : step < k;
      quads[i] = readQuad(matrix + start, isInside ? rest : 0, side.isInFours != 0);
    }
  }

  __device__ void write(Tile& tile) const {
#pragma unroll
    for (uint32_t i = 0; i < QUADS; i++) {
      const Place at = place(i);
      if (side.isAlongK)
        for (uint32_t j = 0; j < 4; j++) tile[at.step + j][at.line] = quads[i].at[j];
      else
        storeQuad(&tile[at.step][at.line], quads[i]);
    }
  }
};

template <class T, uint32_t LANE_ROWS, uint32_t LANE_COLUMNS, uint32_t ROW_BLOCKS>
__device__ void matmulTile(const MatmulParams& p) {
  constexpr uint32_t THREADS = LANE_ROWS * LANE_COLUMNS;
  constexpr uint32_t TILE_M = LANE_ROWS * ROW_BLOCKS * 4;
  constexpr uint32_t TILE_N = LANE_COLUMNS * 4;
  using CarrierA = TileCarrier<T, TILE_M, THREADS>;
  using CarrierB = TileCarrier<T, TILE_N, THREADS>;
  __align__(16) __shared__ typename CarrierA::Tile tilesA[2];
  __align__(16) __shared__ typename CarrierB::Tile tilesB[2];

  // Column tiles run fastest: neighbours read the same rows of a.
  const uint32_t firstColumn = blockIdx.x % p.columnTiles * TILE_N;
  const uint32_t firstRow = blockIdx.x / p.columnTiles % p.rowTiles * TILE_M;
  const uint32_t matrix = blockIdx.x / (p.columnTiles * p.rowTiles);
  const uint32_t part = matrix % p.parts;
  const uint32_t entry = matrix / p.parts;
  const MatmulStarts starts = startsOf(p.batch, entry);
  const uint32_t laneRow = threadIdx.x / LANE_COLUMNS;
  const uint32_t laneColumn = threadIdx.x % LANE_COLUMNS;
  const uint32_t firstK = part * p.partTerms;
  const uint32_t endK = min(firstK + p.partTerms, p.k);

  CarrierA a(static_cast<const T*>(p.a) + starts.a, p.sideA, p.k, firstRow);
  CarrierB b(static_cast<const T*>(p.b) + starts.b, p.sideB, p.k, firstColumn);
  float sums[ROW_BLOCKS][4][4] = {};
  float totals[ROW_BLOCKS][4][4] = {};
  a.read(firstK);
  b.read(firstK);
  a.write(tilesA[0]);
  b.write(tilesB[0]);
  __syncthreads();
  uint32_t half = 0;
  for (uint32_t k = firstK; k < endK; k += TILE_K, half ^= 1) {
    const bool hasNext = k + TILE_K < endK;
    if (hasNext) {
      a.read(k + TILE_K);
      b.read(k + TILE_K);
    }
#pragma unroll
    for (uint32_t step = 0; step < TILE_K; step++) {
      const Quad<float> columns = loadQuad(&tilesB[half][step][laneColumn * 4]);
#pragma unroll
      for (uint32_t block = 0; block < ROW_BLOCKS; block++) {
        const Quad<float> rows = loadQuad(&tilesA[half][step][(block * LANE_ROWS + laneRow) * 4]);
#pragma unroll
        for (int i = 0; i < 4; i++)
#pragma unroll
          for (int j = 0; j < 4; j++) sums[block][i][j] = fmaf(rows.at[i], columns.at[j], sums[block][i][j]);
      }
    }
    // The other half was read before the last barrier.
    if (hasNext) {
      a.write(tilesA[half ^ 1]);
      b.write(tilesB[half ^ 1]);
    }
    if (!hasNext || (k - firstK + TILE_K) % SUM_BLOCK == 0) {
#pragma unroll
      for (uint32_t i = 0; i < ROW_BLOCKS * 16; i++) {
        totals[i / 16][i / 4 % 4][i % 4] += sums[i / 16][i / 4 % 4][i % 4];
        sums[i / 16][i / 4 % 4][i % 4] = 0;
      }
    }
    __syncthreads();
  }

  const uint32_t m = p.sideA.length;
  const uint32_t n = p.sideB.length;
  const uint32_t column = firstColumn + laneColumn * 4;
  const size_t start = static_cast<size_t>(part) * p.partElements + static_cast<size_t>(entry) * m * n;
#pragma unroll
  for (uint32_t i = 0; i < ROW_BLOCKS * 4; i++) {
    const uint32_t row = firstRow + (i / 4 * LANE_ROWS + laneRow) * 4 + i % 4;
    if (row >= m) continue;
    const size_t at = start + static_cast<size_t>(row) * n + column;
    if (p.parts > 1) storeRow(static_cast<float*>(p.y) + at, restOf(column, n), n % 4 == 0, totals[i / 4][i % 4]);
    else storeRow(static_cast<T*>(p.y) + at, restOf(column, n), n % 4 == 0, totals[i / 4][i % 4]);
  }
}

struct MatmulPartsParams {
  const float* parts;
  void* y;
  /** Of y, rounded up to whole quads; the parts lie as far apart. */
  uint32_t elements;
  uint32_t count;
};

/** y[i] = Σ parts[part][i], in order. A thread makes four neighbours; buffers are long enough for a last quad past their end. */
template <class Y>
__device__ void matmulParts(const MatmulPartsParams& p) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  Quad<float> sum = loadQuad(p.parts + first);
  for (uint32_t part = 1; part < p.count; part++) {
    const Quad<float> next = loadQuad(p.parts + static_cast<size_t>(part) * p.elements + first);
    for (int j = 0; j < 4; j++) sum.at[j] += next.at[j];
  }
  Quad<Y> y;
  for (int j = 0; j < 4; j++) y.at[j] = fromFloat<Y>(sum.at[j]);
  storeQuad(static_cast<Y*>(p.y) + first, y);
}

#define MATMUL(dtype, T)                                                             \
  KERNEL(matmul128x64_##dtype, MatmulParams, 256) { matmulTile<T, 16, 16, 2>(p); }    \
  KERNEL(matmul64x64_##dtype, MatmulParams, 256) { matmulTile<T, 16, 16, 1>(p); }     \
  KERNEL(matmul32x32_##dtype, MatmulParams, 64) { matmulTile<T, 8, 8, 1>(p); }        \
  KERNEL(matmulParts_##dtype, MatmulPartsParams, 256) { matmulParts<T>(p); }

MATMUL(f32, float)
MATMUL(f16, f16)
MATMUL(bf16, bf16)
