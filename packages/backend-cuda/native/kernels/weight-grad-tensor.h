// Gradient of a convolution by its weight by a Shape of tiles on tensor cores, an implicit matrix product as in conv2dWeightGrad.cu:
//   dw[m, j] = Σ_q dy[m, q] · x[j moved to q]
// A thread brings in chunks of rows, and of columns, of one pixel, its neighbours those of neighbouring pixels: what is read lies side by
// side in memory, and what is written in shared memory is a pixel's row of a tile of mma-tile.h.
#pragma once
#include "mma-tile.h"
#include "weight-grad.h"

template <class T, class Shape>
struct PixelChunks {
  using Rows = typename Shape::SideA;
  using Columns = typename Shape::SideB;
  static constexpr uint32_t PER = Chunk<T>::SIZE;
  /** Chunks from one of a thread's to the next. */
  static constexpr uint32_t STEP = Shape::THREADS / Shape::K;
  static constexpr uint32_t EACH_A = Rows::CHUNKS / Shape::THREADS;
  static constexpr uint32_t EACH_X = Columns::CHUNKS / Shape::THREADS;
  static_assert(Rows::CHUNKS % Shape::THREADS == 0 && Columns::CHUNKS % Shape::THREADS == 0 && Shape::AHEAD == 1);
  const WeightGradParams& p;
  uint32_t firstRow, firstColumn, ownGroup, begin, end;
  Chunk<T> a[EACH_A];
  Chunk<T> x[EACH_X];

  __device__ void request(uint32_t tile, uint4*) {
    if (begin + tile * Shape::K >= end) return;
    const uint32_t q = begin + tile * Shape::K + threadIdx.x % Shape::K;
    const bool isPixel = q < end;
    const GradPixel pixel(p, ownGroup, isPixel ? q : 0);
    const T* const dy = static_cast<const T*>(p.dy) + (pixel.image * p.groups + ownGroup) * p.rows * p.plane + pixel.place;
#pragma unroll
    for (uint32_t i = 0; i < EACH_A; i++)
#pragma unroll
      for (uint32_t j = 0; j < PER; j++) {
        const uint32_t m = firstRow + (threadIdx.x / Shape::K + i * STEP) * PER + j;
        a[i].at[j] = isPixel && m < p.rows ? dy[m * p.plane] : fromFloat<T>(0);
      }
#pragma unroll
    for (uint32_t i = 0; i < EACH_X; i++)
#pragma unroll
      for (uint32_t j = 0; j < PER; j++) {
        const uint32_t column = firstColumn + (threadIdx.x / Shape::K + i * STEP) * PER + j;
        x[i].at[j] = isPixel && column < p.columns ? pixel.valueAt<T>(p, __ldg(p.table + column)) : fromFloat<T>(0);
      }
  }

  __device__ void finish(uint32_t tile, uint4* slot) const {
    if (begin + tile * Shape::K >= end) return;
    const uint32_t k = threadIdx.x % Shape::K;
    const uint32_t chunk = threadIdx.x / Shape::K;
#pragma unroll
    for (uint32_t i = 0; i < EACH_A; i++) *reinterpret_cast<Chunk<T>*>(slot + Rows::at(k, chunk + i * STEP)) = a[i];
#pragma unroll
    for (uint32_t i = 0; i < EACH_X; i++)
      *reinterpret_cast<Chunk<T>*>(slot + Rows::SPACE + Columns::at(k, chunk + i * STEP)) = x[i];
  }
};

template <class T, class Shape>
__device__ void addPixelsOnTensorCores(const WeightGradParams& p) {
  DYNAMIC_SHARED(uint4, memory);
  const WeightTile tile = weightTileOf<Shape>(p);
  const uint32_t begin = tile.part * p.partPixels;
  const uint32_t end = min(begin + p.partPixels, p.pixels);
  PixelChunks<T, Shape> source{p, tile.firstRow, tile.firstColumn, tile.group, begin, end, {}, {}};
  typename Shape::Sums sums;
  Shape::sum(source, (end - begin + Shape::K - 1) / Shape::K, memory, sums);
  storeSums<Shape>(sums, memory, storeWeightsOf<T>(p, tile));
}
