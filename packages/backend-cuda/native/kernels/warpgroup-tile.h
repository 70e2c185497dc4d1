// A tile of y[m, n] = Σₖ a[m, k] · b[k, n] by warpgroups on tensor cores, for the kernels that bring a and b in as mma-tile.h says: the form
// of MmaTile for compute capability 9.0, which multiplies out of shared memory.
//
// While a tile is multiplied the next ones are on their way; a warpgroup waits for a product only when it has begun the next. What lay in the
// slot that is written was then multiplied by all two barriers ago, so one slot more is needed than tiles are ahead.
//
// A warpgroup of 64 × 256 sums reads 10 KiB of shared memory for 64 · 256 · 16 products, which take 128 cycles: 80 of the 128 bytes that
// a multiprocessor reads in one. With 64 × 128 it is 96.
#pragma once
#include "mma-tile.h"
#include "warpgroup.h"

/** SIZE lines of ATOM_BYTES of k, in the atoms of warpgroup.h. */
template <class T, uint32_t SIZE, bool ALONG_K>
struct WarpgroupLines {
  static constexpr bool IS_ALONG_K = ALONG_K;
  static constexpr uint32_t ATOM_BYTES = 128, ATOM_ROWS = 8, ATOM_CHUNKS = ATOM_BYTES / CHUNK_BYTES;
  static constexpr uint32_t ATOM_LENGTH = ATOM_BYTES / sizeof(T);
  static constexpr uint32_t ROWS = ALONG_K ? SIZE : ATOM_LENGTH;
  static constexpr uint32_t ROW_CHUNKS = ALONG_K ? ATOM_CHUNKS : SIZE / Chunk<T>::SIZE;
  static constexpr uint32_t CHUNKS = ROWS * ROW_CHUNKS;
  static constexpr uint32_t SPACE = CHUNKS;
  static_assert(sizeof(T) == 2 && (ALONG_K ? SIZE % ATOM_ROWS : SIZE % ATOM_LENGTH) == 0);
  /** Chunks of ATOM_LENGTH lines that aren't along k. */
  static constexpr uint32_t COLUMN = ROWS * ATOM_CHUNKS;

  __device__ static uint32_t at(uint32_t row, uint32_t chunk) {
    const uint32_t inRow = chunk % ATOM_CHUNKS ^ row % ATOM_ROWS;
    return (ALONG_K ? 0 : chunk / ATOM_CHUNKS * COLUMN) + row * ATOM_CHUNKS + inRow;
  }

  /** Lines from `first` on at a step of k. */
  __device__ static uint64_t descriptor(const uint4* lines, uint32_t first, uint32_t step) {
    const uint32_t chunk = ALONG_K ? first * ATOM_CHUNKS + step * PRODUCT_STEPS / Chunk<T>::SIZE
                                   : first / ATOM_LENGTH * COLUMN + step * PRODUCT_STEPS * ATOM_CHUNKS;
    return tileDescriptor(lines + chunk, ALONG_K ? CHUNK_BYTES : COLUMN * CHUNK_BYTES, ATOM_ROWS * ATOM_BYTES);
  }
};

/** As MmaTile, but warpgroups of 64 rows down and across. */
template <class T, uint32_t ROWS, uint32_t COLUMNS, uint32_t DOWN, uint32_t GROUPS_ACROSS, uint32_t RING, bool A_ALONG_K, bool B_ALONG_K>
struct WarpgroupTile {
  static constexpr uint32_t M = ROWS;
  static constexpr uint32_t N = COLUMNS;
  static constexpr uint32_t SLOTS = RING;
  static constexpr uint32_t AHEAD = RING - 2;
  static constexpr uint32_t ACROSS = GROUPS_ACROSS;
  static constexpr uint32_t THREADS = DOWN * ACROSS * 128;
  static constexpr uint32_t GROUP_M = 64;
  static constexpr uint32_t WARP_M = 16;
  static constexpr uint32_t WARP_N = N / ACROSS;
  static_assert(M == DOWN * GROUP_M);
  using SideA = WarpgroupLines<T, M, A_ALONG_K>;
  using SideB = WarpgroupLines<T, N, B_ALONG_K>;
  static constexpr uint32_t K = SideA::ATOM_LENGTH;
  static constexpr uint32_t SLOT = SideA::SPACE + SideB::SPACE;
  using Sums = float[1][WARP_N / 8][4];

  __device__ static uint32_t groupRow() { return threadIdx.x / 128 / ACROSS * GROUP_M; }
  __device__ static uint32_t warpRow() { return groupRow() + threadIdx.x / 32 % 4 * WARP_M; }
  __device__ static uint32_t warpColumn() { return threadIdx.x / 128 % ACROSS * WARP_N; }

  /** As sumTiles of mma-tile.h. The first product of all replaces what is in the sums: to set them would keep products from overlapping. */
  template <class Source>
  __device__ static void sum(Source& source, uint32_t count, uint4* memory, Sums& sums) {
    if (count == 0) return clearSums(sums);
#pragma unroll
    for (uint32_t tile = 0; tile < AHEAD; tile++) source.request(tile, memory + tile * SLOT);
    uint32_t slot = 0, free = AHEAD;
    for (uint32_t tile = 0; tile < count; tile++) {
      source.finish(tile, memory + slot * SLOT);
      showToProducts();
      __syncthreads();
      multiply(memory + slot * SLOT, sums, tile);
      source.request(tile + AHEAD, memory + free * SLOT);
      waitForProducts<1>(sums[0]);
      slot = slot + 1 == SLOTS ? 0 : slot + 1;
      free = free + 1 == SLOTS ? 0 : free + 1;
    }
    waitForProducts<0>(sums[0]);
  }

  /** Tile 0 is the first. */
  __device__ static void multiply(const uint4* slot, Sums& sums, uint32_t tile) {
    beginProducts();
#pragma unroll
    for (uint32_t step = 0; step < K / PRODUCT_STEPS; step++)
      multiplyTiles<T, A_ALONG_K, B_ALONG_K>(sums[0], SideA::descriptor(slot, groupRow(), step),
                                             SideB::descriptor(slot + SideA::SPACE, warpColumn(), step), tile + step > 0);
    endProducts();
  }
};
