// A tile of y[m, n] = Σₖ a[m, k] · b[k, n] by a block of warps on tensor cores, for kernels that each bring a and b in their own way.
//
// Tiles of LINE_BYTES of k go through a ring of SLOTS in shared memory. While one is multiplied, others are on their way; while a
// step of it is multiplied, the fragments of the next one are read. Sums are f32. No more than SUM_STEPS steps are added one after
// another: plans give a block no more, or a tile that HAS_TOTALS, to which sums of as many steps are added.
//
// A warp of 64 × 64 sums reads 4 KiB of shared memory for 64 · 64 · 16 products of 16 bits. Four of them on a multiprocessor of
// compute capability 8.0, which makes 1024 such products and reads 128 bytes in a cycle, so keep its memory busy for half the time;
// with 32 × 32 it would be all of it. Their 128 sums, and two sets of fragments of 32 registers each, leave room for two
// warps a scheduler.
#pragma once
#include "mma.h"
#include "quads.h"

constexpr uint32_t LINE_BYTES = 64;
constexpr uint32_t CHUNK_BYTES = 16;
constexpr uint32_t MMA_STEPS = LINE_BYTES / STEP_BYTES;
constexpr uint32_t SUM_STEPS = 512;

/** 16 bytes of elements. */
template <class T>
struct alignas(CHUNK_BYTES) Chunk {
  static constexpr uint32_t SIZE = CHUNK_BYTES / sizeof(T);
  T at[SIZE];
};

/** SIZE lines of LINE_BYTES of k in shared memory: a row is a line, or where lines aren't ALONG_K one k of all of them. */
template <class T, uint32_t SIZE, bool ALONG_K>
struct MmaLines {
  static constexpr bool IS_ALONG_K = ALONG_K;
  static constexpr uint32_t ROWS = ALONG_K ? SIZE : LINE_BYTES / sizeof(T);
  static constexpr uint32_t ROW_CHUNKS = ALONG_K ? LINE_BYTES / CHUNK_BYTES : SIZE / Chunk<T>::SIZE;
  static constexpr uint32_t CHUNKS = ROWS * ROW_CHUNKS;
  /** Loads of f32 take 8 neighbours of 4 rows at once: with two chunks more they meet different banks. */
  static constexpr uint32_t STRIDE = !ALONG_K && sizeof(T) == 4 ? ROW_CHUNKS + 2 : ROW_CHUNKS;
  static constexpr uint32_t SPACE = ROWS * STRIDE;

  /**
   * Where a row's chunk lies. For loadMatrices, which takes the same chunk of 8 rows at once, and for neighbours along the rows who
   * write theirs, chunks change places so that those lie in different banks.
   */
  __device__ static uint32_t at(uint32_t row, uint32_t chunk) {
    if constexpr (ROW_CHUNKS == 4) chunk ^= row / 2 % 4;
    else if constexpr (STRIDE == ROW_CHUNKS) chunk ^= row % 8;
    return row * STRIDE + chunk;
  }

  /** Fragments of 16 lines, a multiple of 16, at a step: [lines 0–7, 8–15] of the first half of k, and of the second. */
  __device__ static void load(uint32_t (&to)[4], const uint4* lines, uint32_t first, uint32_t step) {
    if constexpr (ALONG_K) {
      loadMatrices(to, [=](uint32_t lane) { return lines + at(first + lane % 16, step * 2 + lane / 16); });
    } else if constexpr (sizeof(T) == 2) {
      loadTransposed(to, [=](uint32_t lane) {
        return lines + at(step * 16 + lane % 8 + lane / 16 * 8, first / Chunk<T>::SIZE + lane / 8 % 2);
      });
    } else {
      const uint32_t lane = threadIdx.x % 32;
#pragma unroll
      for (uint32_t r = 0; r < 4; r++) {
        const uint32_t line = first + lane / 4 + r % 2 * 8;
        const uint32_t chunk = at(step * 8 + lane % 4 + r / 2 * 4, line / Chunk<T>::SIZE);
        to[r] = reinterpret_cast<const uint32_t*>(lines + chunk)[line % Chunk<T>::SIZE];
      }
    }
    if constexpr (sizeof(T) == 4)
#pragma unroll
      for (uint32_t& bits : to) bits = toTf32(bits);
  }
};

template <uint32_t M, uint32_t N>
__device__ void clearSums(float (&sums)[M][N][4]) {
#pragma unroll
  for (uint32_t i = 0; i < M; i++)
#pragma unroll
    for (uint32_t j = 0; j < N; j++)
#pragma unroll
      for (uint32_t r = 0; r < 4; r++) sums[i][j][r] = 0;
}

template <class Shape, class Source>
__device__ void sumTiles(Source& source, uint32_t count, uint4* memory, typename Shape::Sums& result);

/** Rows × columns of the tile, warps down and across, tiles in the ring; which operands lie along k. */
template <class T, uint32_t ROWS, uint32_t COLUMNS, uint32_t WARPS_DOWN, uint32_t WARPS_ACROSS, uint32_t RING, bool A_ALONG_K,
          bool B_ALONG_K, bool WITH_TOTALS = false>
struct MmaTile {
  using Element = T;
  static constexpr uint32_t M = ROWS;
  static constexpr uint32_t N = COLUMNS;
  static constexpr uint32_t K = LINE_BYTES / sizeof(T);
  static constexpr uint32_t SLOTS = RING;
  /** Tiles that are asked for before they are multiplied. */
  static constexpr uint32_t AHEAD = RING - 1;
  static constexpr bool HAS_TOTALS = WITH_TOTALS;
  static constexpr uint32_t ACROSS = WARPS_ACROSS;
  static constexpr uint32_t THREADS = WARPS_DOWN * WARPS_ACROSS * 32;
  static constexpr uint32_t WARP_M = M / WARPS_DOWN;
  static constexpr uint32_t WARP_N = N / WARPS_ACROSS;
  static_assert(WARP_M % 16 == 0 && WARP_N % 16 == 0);
  using SideA = MmaLines<T, M, A_ALONG_K>;
  using SideB = MmaLines<T, N, B_ALONG_K>;
  /** Chunks of memory for a tile of both operands, first that of a. */
  static constexpr uint32_t SLOT = SideA::SPACE + SideB::SPACE;
  using Sums = float[WARP_M / 16][WARP_N / 8][4];

  /** First row and column of the running thread's warp. */
  __device__ static uint32_t warpRow() { return threadIdx.x / 32 / ACROSS * WARP_M; }
  __device__ static uint32_t warpColumn() { return threadIdx.x / 32 % ACROSS * WARP_N; }

  template <class Source>
  __device__ static void sum(Source& source, uint32_t count, uint4* memory, Sums& sums) {
    clearSums(sums);
    sumTiles<MmaTile>(source, count, memory, sums);
  }
};

/** What a warp multiplies at a step. */
template <class Shape>
struct StepFragments {
  uint32_t a[Shape::WARP_M / 16][4];
  uint32_t b[Shape::WARP_N / 8][2];

  __device__ void load(const uint4* slot, uint32_t step) {
#pragma unroll
    for (uint32_t i = 0; i < Shape::WARP_M / 16; i++) Shape::SideA::load(a[i], slot, Shape::warpRow() + i * 16, step);
#pragma unroll
    for (uint32_t j = 0; j < Shape::WARP_N / 8; j += 2) {
      uint32_t both[4];
      Shape::SideB::load(both, slot + Shape::SideA::SPACE, Shape::warpColumn() + j * 8, step);
#pragma unroll
      for (uint32_t r = 0; r < 4; r++) b[j + r % 2][r / 2] = both[r];
    }
  }
};

/** Adds sums to totals, and empties them. */
template <class Shape>
__device__ void moveTensorSums(typename Shape::Sums& totals, typename Shape::Sums& sums) {
#pragma unroll
  for (uint32_t i = 0; i < Shape::WARP_M / 16; i++)
#pragma unroll
    for (uint32_t j = 0; j < Shape::WARP_N / 8; j++)
#pragma unroll
      for (uint32_t r = 0; r < 4; r++) {
        totals[i][j][r] += sums[i][j][r];
        sums[i][j][r] = 0;
      }
}

/**
 * The sums of `count` tiles. `source.request(tile, slot)` lets one begin on its way, and `source.finish(tile, slot)` sees to it
 * that behind the next barrier it is in its slot; both are also asked for tiles past the last, which nobody uses.
 */
template <class Shape, class Source>
__device__ void sumTiles(Source& source, uint32_t count, uint4* memory, typename Shape::Sums& result) {
#pragma unroll
  for (uint32_t tile = 0; tile + 1 < Shape::SLOTS; tile++) source.request(tile, memory + tile * Shape::SLOT);
  source.finish(0, memory);
  __syncthreads();
  StepFragments<Shape> fragments[2];
  fragments[0].load(memory, 0);
  typename Shape::Sums sums = {};
  uint32_t slot = 0, unused = Shape::SLOTS - 1;
  for (uint32_t tile = 0; tile < count; tile++) {
    const uint32_t next = slot + 1 == Shape::SLOTS ? 0 : slot + 1;
#pragma unroll
    for (uint32_t step = 0; step < MMA_STEPS; step++) {
      const bool isLast = step + 1 == MMA_STEPS;
      if (isLast) {
        source.finish(tile + 1, memory + next * Shape::SLOT);
        __syncthreads();
      }
      fragments[(step + 1) % 2].load(memory + (isLast ? next : slot) * Shape::SLOT, isLast ? 0 : step + 1);
      // Its last fragments were read before the last barrier.
      if (step == 0) source.request(tile + Shape::SLOTS - 1, memory + unused * Shape::SLOT);
      multiplyFragments<typename Shape::Element>(sums, fragments[step % 2].a, fragments[step % 2].b);
    }
    unused = slot;
    slot = next;
    if constexpr (Shape::HAS_TOTALS)
      if ((tile + 1) % (SUM_STEPS / MMA_STEPS) == 0) moveTensorSums<Shape>(result, sums);
  }
  moveTensorSums<Shape>(result, sums);
}

/**
 * Gives the sums out by rows: `storeAt(j)` is asked once a thread and pass and gives a function that stores a row m at columns j … j + 3
 * of the tile. Neighbouring threads store neighbouring columns. `memory` is that of the tiles.
 */
template <class Shape, class StoreAt>
__device__ void storeSums(const typename Shape::Sums& sums, uint4* memory, StoreAt storeAt) {
  // A row of a warp is at most one quad a lane wide.
  constexpr uint32_t WIDTH = Shape::WARP_N < 128 ? Shape::WARP_N : 128, ROW_QUADS = WIDTH / 4;
  // The rows of a fragment's lanes lie in different banks.
  constexpr uint32_t STRIDE = WIDTH + 8, STAGE = 16 * STRIDE;
  static_assert(STAGE * Shape::THREADS / 32 * sizeof(float) <= Shape::SLOTS * Shape::SLOT * CHUNK_BYTES);
  float* const stage = reinterpret_cast<float*>(memory) + threadIdx.x / 32 * STAGE;
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t column = lane % ROW_QUADS * 4;
  // Others still read the last tile.
  __syncthreads();
#pragma unroll
  for (uint32_t pass = 0; pass < Shape::WARP_N / WIDTH; pass++) {
    const auto store = storeAt(Shape::warpColumn() + pass * WIDTH + column);
#pragma unroll
    for (uint32_t i = 0; i < Shape::WARP_M / 16; i++) {
#pragma unroll
      for (uint32_t j = 0; j < WIDTH / 8; j++) {
        const float(&tile)[4] = sums[i][pass * (WIDTH / 8) + j];
#pragma unroll
        for (uint32_t r = 0; r < 4; r += 2)
          *reinterpret_cast<float2*>(stage + (lane / 4 + r * 4) * STRIDE + j * 8 + lane % 4 * 2) = make_float2(tile[r], tile[r + 1]);
      }
      __syncwarp();
#pragma unroll
      for (uint32_t row = lane / ROW_QUADS; row < 16; row += 32 / ROW_QUADS)
        store(Shape::warpRow() + i * 16 + row, loadQuad(stage + row * STRIDE + column));
      __syncwarp();
    }
  }
}
