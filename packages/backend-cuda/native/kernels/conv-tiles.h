// Tiles of a convolution as a matrix product: how weights come in and results go out, for kernels that read x in their own way.
// Source: Chetlur et al. 2014 (cuDNN), section 3: the matrix of input patches exists in shared memory only, tile by tile.
#pragma once
#include "conv-tile.h"
#include "convolution.h"

/** The tile of a block. Those of the same columns stand side by side: they read the same pixels. */
template <class Shape>
struct Place {
  uint32_t firstRow, firstColumn, phase, ownGroup;

  __device__ explicit Place(const ConvParams& p) {
    uint32_t rest = blockIdx.x;
    firstRow = rest % p.tilesM * Shape::M;
    rest /= p.tilesM;
    firstColumn = rest % p.tilesN * Shape::N;
    rest /= p.tilesN;
    phase = rest % p.phases;
    ownGroup = rest / p.phases;
  }
};

/** A tile of a on its way: a thread brings in four rows of one tap, its neighbours neighbouring taps. */
template <class T, class Shape>
struct Weights {
  static constexpr uint32_t TASKS = Shape::K * Shape::QUADS_M;
  static constexpr uint32_t EACH = (TASKS + TILE_THREADS - 1) / TILE_THREADS;
  const T* a;
  const int4* taps;
  uint32_t count, rows, rowA;
  Quad<T> quads[EACH];

  __device__ Weights(const ConvParams& p, const Phase& phase, const Place<Shape>& place)
      : a(static_cast<const T*>(p.a) + place.ownGroup * p.groupA + place.firstRow * p.rowA),
        taps(phase.taps), count(phase.count), rows(p.rows - place.firstRow), rowA(p.rowA) {}

  __device__ void fetch(uint32_t first) {
    const uint32_t k = first + threadIdx.x % Shape::K;
    const uint32_t offset = k < count ? static_cast<uint32_t>(__ldg(&taps[k].x)) : 0;
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++) {
      const uint32_t row = (threadIdx.x + i * TILE_THREADS) / Shape::K * 4;
#pragma unroll
      for (uint32_t j = 0; j < 4; j++) {
        const bool isInside = k < count && row + j < rows && row < Shape::M;
        quads[i].at[j] = isInside ? a[offset + (row + j) * rowA] : fromFloat<T>(0);
      }
    }
  }

  __device__ void put(float* tile) const {
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++) {
      const uint32_t task = threadIdx.x + i * TILE_THREADS;
      if (TASKS % TILE_THREADS == 0 || task < TASKS)
        storeQuad(tile + task % Shape::K * Shape::STRIDE_A + task / Shape::K * 4, toFloats(quads[i]));
    }
  }
};

/** Stores rows of the tile at four columns of it. */
template <class T, class Shape>
struct Outputs {
  const ConvParams& p;
  const Place<Shape>& place;
  /** Of the group's first channel at each pixel. */
  uint32_t to[4];
  bool isPixel[4];

  __device__ Outputs(const ConvParams& params, const Phase& phase, const Place<Shape>& own, uint32_t j) : p(params), place(own) {
    const uint32_t first = own.firstColumn + j;
#pragma unroll
    for (uint32_t i = 0; i < 4; i++) {
      isPixel[i] = first + i < p.images * phase.pixels;
      const uint32_t image = (first + i) / phase.pixels;
      to[i] = (image * p.groups + own.ownGroup) * p.rows * p.planeY + phase.inY(p, (first + i) % phase.pixels);
    }
  }

  __device__ void operator()(uint32_t tileRow, const Quad<float>& sums) const {
    const uint32_t m = place.firstRow + tileRow;
    if (m >= p.rows) return;
    const Finish<T> finish(p, place.ownGroup * p.rows + m);
    T* const y = static_cast<T*>(p.y);
    const uint32_t row = m * p.planeY;
    if (p.isQuads) {
      if (isPixel[0]) storeQuad(y + to[0] + row, finish.quadAt(sums, to[0] + row));
      return;
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
      if (isPixel[i]) y[to[i] + row] = finish.at(sums.at[i], to[i] + row);
  }
};

// clang-format off
/** Tiles of conv-product.ts: wide ones while outputs are many, the fewer rows the wider; then small ones that slices share. */
#define CONV_TILES(dtype, T)                                   \
  CONV_TILE(tiles128x64_##dtype, T, 128, 64, 16, 1)            \
  CONV_TILE(tiles64x64_##dtype, T, 64, 64, 16, 2)              \
  CONV_TILE(tiles32x128_##dtype, T, 32, 128, 16, 2)            \
  CONV_TILE(tiles16x256_##dtype, T, 16, 256, 8, 2)             \
  CONV_TILE(tiles32x32_##dtype, T, 32, 32, 32, 8)              \
  CONV_TILE(tiles16x16_##dtype, T, 16, 16, 64, 32)
// clang-format on
