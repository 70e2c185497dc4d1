// Convolution, and by other tables its gradient by the input, as an implicit matrix product by a Shape of tiles on tensor cores: see
// convolution.h and mma-tile.h. Taps of a phase are whole chunks: where they aren't, the plan fills them up with some that lie outside of x
// and have no weight. Row m of a has its taps side by side in the table's order, as packWeights makes them and as a convolution's
// weights often lie anyway; they are copied in the background.
#pragma once
#include "conv-tiles.h"
#include "mma-tile.h"

/** The tile's rows of a. */
template <class T, class Shape>
struct WeightChunks {
  using Lines = typename Shape::SideA;
  static_assert(Lines::CHUNKS % Shape::THREADS == 0);
  const T* a;
  uint32_t rows, count, rowA;

  __device__ WeightChunks(const ConvParams& p, const Phase& phase, const Place<Shape>& place)
      : a(static_cast<const T*>(p.a) + place.ownGroup * p.groupA + place.firstRow * p.rowA +
          static_cast<uint32_t>(p.table[2 * place.phase].x)),
        rows(p.rows - place.firstRow), count(phase.count), rowA(p.rowA) {}

  __device__ void copy(uint4* lines, uint32_t firstK) const {
#pragma unroll
    for (uint32_t i = 0; i < Lines::CHUNKS / Shape::THREADS; i++) {
      const uint32_t row = (threadIdx.x + i * Shape::THREADS) / Lines::ROW_CHUNKS;
      const uint32_t chunk = threadIdx.x % Lines::ROW_CHUNKS;
      const uint32_t k = firstK + chunk * Chunk<T>::SIZE;
      const bool isInside = row < rows && k < count;
      copyAsync<CHUNK_BYTES>(lines + Lines::at(row, chunk), a + (isInside ? row * rowA + k : 0), isInside);
    }
  }
};

/** Patches of x go through registers: a thread gathers chunks of taps of one pixel, its neighbours those of neighbouring pixels. */
template <class T, class Shape>
struct PatchChunks {
  using Lines = typename Shape::SideB;
  static constexpr uint32_t STEP = Shape::THREADS / Shape::N;
  static constexpr uint32_t EACH = Lines::CHUNKS / Shape::THREADS;
  static_assert(Shape::THREADS % Shape::N == 0 && Shape::AHEAD == 1);
  const ConvParams& p;
  WeightChunks<T, Shape> weights;
  Patch<T> patch;
  const int4* taps;
  Chunk<T> chunks[EACH];

  __device__ PatchChunks(const ConvParams& params, const Phase& phase, const Place<Shape>& place, uint32_t column)
      : p(params), weights(params, phase, place),
        patch(params, phase, place.ownGroup, column / phase.pixels, column % phase.pixels, column < params.images * phase.pixels),
        taps(phase.taps) {}

  __device__ void request(uint32_t tile, uint4* slot) {
    const uint32_t firstK = tile * Shape::K;
    if (firstK >= weights.count) return;
    weights.copy(slot, firstK);
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++) {
      const uint32_t k = firstK + (threadIdx.x / Shape::N + i * STEP) * Chunk<T>::SIZE;
      chunks[i] = {};
      if (k >= weights.count) continue;
#pragma unroll
      for (uint32_t j = 0; j < Chunk<T>::SIZE; j++) chunks[i].at[j] = patch.valueAt(p, __ldg(taps + k + j));
    }
  }

  __device__ void finish(uint32_t tile, uint4* slot) const {
    if (tile * Shape::K >= weights.count) return;
    uint4* const lines = slot + Shape::SideA::SPACE;
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++)
      *reinterpret_cast<Chunk<T>*>(lines + Lines::at(threadIdx.x % Shape::N, threadIdx.x / Shape::N + i * STEP)) = chunks[i];
    copyAsyncCommit();
    copyAsyncWait<0>();
  }
};

/** Of a 1×1 convolution whose planes are whole chunks: pixels of a channel are copied as they lie. */
template <class T, class Shape>
struct PlaneChunks {
  using Lines = typename Shape::SideB;
  static_assert(Shape::THREADS % Lines::ROW_CHUNKS == 0);
  WeightChunks<T, Shape> weights;
  /** The thread's chunk in the group's first channel. */
  const T* x;
  bool isPixel;
  /** Of a group: fewer than taps, where those are filled up. */
  uint32_t channels;
  uint32_t plane;

  __device__ PlaneChunks(const ConvParams& p, const Phase& phase, const Place<Shape>& place, uint32_t)
      : weights(p, phase, place), channels(static_cast<uint32_t>(p.groupX) / p.planeY), plane(p.planeY) {
    const uint32_t column = place.firstColumn + threadIdx.x % Lines::ROW_CHUNKS * Chunk<T>::SIZE;
    isPixel = column < p.images * plane;
    const uint32_t image = isPixel ? column / plane : 0;
    const uint32_t first = image * static_cast<uint32_t>(p.imageX) + place.ownGroup * static_cast<uint32_t>(p.groupX);
    x = static_cast<const T*>(p.x) + first + (isPixel ? column % plane : 0);
  }

  __device__ void request(uint32_t tile, uint4* slot) const {
    const uint32_t firstK = tile * Shape::K;
    if (firstK < weights.count) {
      weights.copy(slot, firstK);
#pragma unroll
      for (uint32_t i = 0; i < Lines::CHUNKS / Shape::THREADS; i++) {
        const uint32_t row = (threadIdx.x + i * Shape::THREADS) / Lines::ROW_CHUNKS;
        const bool isInside = isPixel && firstK + row < channels;
        uint4* const to = slot + Shape::SideA::SPACE + Lines::at(row, threadIdx.x % Lines::ROW_CHUNKS);
        copyAsync<CHUNK_BYTES>(to, x + (isInside ? (firstK + row) * plane : 0), isInside);
      }
    }
    copyAsyncCommit();
  }
  __device__ void finish(uint32_t, uint4*) const { copyAsyncWait<Shape::AHEAD - 1>(); }
};

template <class T, class Shape, template <class, class> class Source>
__device__ void convolveOnTensorCores(const ConvParams& p) {
  DYNAMIC_SHARED(uint4, memory);
  const Place<Shape> place(p);
  const Phase phase(p, place.phase);
  // A small phase has fewer tiles than the largest.
  if (place.firstColumn >= p.images * phase.pixels) return;
  Source<T, Shape> source(p, phase, place, place.firstColumn + threadIdx.x % Shape::N);
  typename Shape::Sums sums;
  Shape::sum(source, (phase.count + Shape::K - 1) / Shape::K, memory, sums);
  storeSums<Shape>(sums, memory, [&](uint32_t j) { return Outputs<T, Shape>(p, phase, place, j); });
}
