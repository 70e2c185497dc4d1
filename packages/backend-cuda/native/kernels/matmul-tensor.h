// y[m, n] = Σ a[m, k] · b[k, n] for each matrix of a batch, by a Shape of tiles on tensor cores: f16, bf16, and f32 rounded to TF32; sums
// in f32. Tiles of a and b are copied in the background where their rows are whole chunks of 16 bytes.
#pragma once
#include "matmul-tiles.h"
#include "mma-tile.h"

/** Rows of tiles that are made together, column by column: a device full of blocks then reads few rows and few columns. */
constexpr uint32_t GROUP_TILES = 8;

/** Copies lines of an operand: a line and its k side by side, or an element of all lines. */
template <class T, class Lines, uint32_t THREADS>
struct LineCopier {
  static constexpr bool ALONG_K = Lines::IS_ALONG_K;
  static constexpr uint32_t PER = Chunk<T>::SIZE;
  static_assert(Lines::CHUNKS % THREADS == 0);
  const T* matrix;
  uint32_t length, k, first;
  bool isInChunks;

  __device__ LineCopier(const T* matrix, const MatmulSide& side, uint32_t k, uint32_t first)
      : matrix(matrix), length(side.length), k(k), first(first), isInChunks((ALONG_K ? k : length) % PER == 0) {}

  __device__ void copy(uint4* lines, uint32_t firstK) const {
    if (isInChunks) {
#pragma unroll
      for (uint32_t i = 0; i < Lines::CHUNKS / THREADS; i++) copyChunk<true>(lines, firstK, i);
    } else {
      // Once: it is seldom, and the loop around it must stay in the cache of instructions.
#pragma unroll 1
      for (uint32_t i = 0; i < Lines::CHUNKS / THREADS; i++) copyChunk<false>(lines, firstK, i);
    }
  }

  template <bool IS_WHOLE>
  __device__ void copyChunk(uint4* lines, uint32_t firstK, uint32_t i) const {
    const uint32_t row = (threadIdx.x + i * THREADS) / Lines::ROW_CHUNKS;
    const uint32_t chunk = (threadIdx.x + i * THREADS) % Lines::ROW_CHUNKS;
    const uint32_t line = first + (ALONG_K ? row : chunk * PER);
    const uint32_t step = firstK + (ALONG_K ? chunk * PER : row);
    const bool isInside = line < length && step < k;
    const T* const from = matrix + (isInside ? ALONG_K ? line * k + step : step * length + line : 0);
    uint4* const to = lines + Lines::at(row, chunk);
    if constexpr (IS_WHOLE) {
      copyAsync<CHUNK_BYTES>(to, from, isInside);
    } else {
      const uint32_t count = isInside ? ALONG_K ? k - step : length - line : 0;
      Chunk<T> elements;
#pragma unroll
      for (uint32_t j = 0; j < PER; j++) elements.at[j] = j < count ? from[j] : fromFloat<T>(0);
      *reinterpret_cast<Chunk<T>*>(to) = elements;
    }
  }
};

/** Tiles of both operands from step firstK on. */
template <class T, class Shape>
struct MatrixTiles {
  LineCopier<T, typename Shape::SideA, Shape::THREADS> a;
  LineCopier<T, typename Shape::SideB, Shape::THREADS> b;
  uint32_t firstK, count;

  __device__ void request(uint32_t tile, uint4* slot) const {
    if (tile < count) {
      a.copy(slot, firstK + tile * Shape::K);
      b.copy(slot + Shape::SideA::SPACE, firstK + tile * Shape::K);
    }
    copyAsyncCommit();
  }
  __device__ void finish(uint32_t, uint4*) const { copyAsyncWait<Shape::AHEAD - 1>(); }
};

template <class T, class Shape>
__device__ void matmulOnTensorCores(const MatmulParams& p) {
  DYNAMIC_SHARED(uint4, memory);
  const uint32_t tiles = p.columnTiles * p.rowTiles;
  const uint32_t tile = blockIdx.x % tiles;
  const uint32_t part = blockIdx.x / tiles % p.parts;
  const uint32_t entry = blockIdx.x / tiles / p.parts;
  const uint32_t group = tile / (GROUP_TILES * p.columnTiles) * GROUP_TILES;
  const uint32_t groupTiles = min(GROUP_TILES, p.rowTiles - group);
  const uint32_t inGroup = tile - group * p.columnTiles;
  const uint32_t firstRow = (group + inGroup % groupTiles) * Shape::M;
  const uint32_t firstColumn = inGroup / groupTiles * Shape::N;

  const MatmulStarts starts = startsOf(p.batch, entry);
  const uint32_t firstK = part * p.partTerms;
  const uint32_t count = (min(p.partTerms, p.k - firstK) + Shape::K - 1) / Shape::K;
  MatrixTiles<T, Shape> source{
      {static_cast<const T*>(p.a) + starts.a, p.sideA, p.k, firstRow},
      {static_cast<const T*>(p.b) + starts.b, p.sideB, p.k, firstColumn},
      firstK,
      count,
  };
  typename Shape::Sums sums;
  Shape::sum(source, count, memory, sums);

  const uint32_t m = p.sideA.length;
  const uint32_t n = p.sideB.length;
  const size_t start = static_cast<size_t>(part) * p.partElements + static_cast<size_t>(entry) * m * n;
  storeSums<Shape>(sums, memory, [&](uint32_t j) {
    return [&p, start, m, n, firstRow, column = firstColumn + j](uint32_t tileRow, const Quad<float>& quad) {
      const uint32_t row = firstRow + tileRow;
      if (row >= m) return;
      const size_t at = start + static_cast<size_t>(row) * n + column;
      if (p.parts > 1) storeRow(static_cast<float*>(p.y) + at, restOf(column, n), n % 4 == 0, quad.at);
      else storeRow(static_cast<T*>(p.y) + at, restOf(column, n), n % 4 == 0, quad.at);
    };
  });
}

// Kernels of a tile, by FORM. N: an operand's rows are the matrix's, T: its columns. a is [M, K] or [K, M], b [K, N] or [N, K].
// clang-format off
#define FORMS(dtype, T, ROWS, COLUMNS, DOWN, ACROSS)                                  \
  FORM(ROWS##x##COLUMNS##NN_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, true, false)     \
  FORM(ROWS##x##COLUMNS##NT_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, true, true)      \
  FORM(ROWS##x##COLUMNS##TN_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, false, false)    \
  FORM(ROWS##x##COLUMNS##TT_##dtype, T, ROWS, COLUMNS, DOWN, ACROSS, false, true)
// clang-format on
