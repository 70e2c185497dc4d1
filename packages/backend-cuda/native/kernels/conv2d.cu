// Convolution, and by other tables its gradient by the input, as an implicit matrix product in tiles: see convolution.h.
// A thread brings in the same pixel's patch at every few taps, its neighbours those of neighbouring pixels.
#include "conv-tiles.h"

template <class T, class Shape>
struct PatchTiles {
  /** Taps from one of a thread's values to the next. */
  static constexpr uint32_t STEP = TILE_THREADS / Shape::N;
  static constexpr uint32_t EACH = Shape::K / STEP;
  const ConvParams& p;
  Weights<T, Shape> weights;
  Patch<T> patch;
  T values[EACH];

  __device__ PatchTiles(const ConvParams& params, const Phase& phase, const Place<Shape>& place, uint32_t column)
      : p(params), weights(params, phase, place),
        patch(params, phase, place.ownGroup, column / phase.pixels, column % phase.pixels, column < params.images * phase.pixels) {}

  __device__ void fetch(uint32_t first) {
    weights.fetch(first);
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++) {
      const uint32_t k = first + threadIdx.x / Shape::N + i * STEP;
      values[i] = k < weights.count ? patch.valueAt(p, __ldg(weights.taps + k)) : fromFloat<T>(0);
    }
  }

  __device__ void put(float* a, float* x) const {
    weights.put(a);
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++)
      x[(threadIdx.x / Shape::N + i * STEP) * Shape::STRIDE_X + threadIdx.x % Shape::N] = toFloat(values[i]);
  }
};

template <class T, class Shape>
__device__ void convolvePatches(const ConvParams& p) {
  const Place<Shape> place(p);
  const Phase phase(p, place.phase);
  // A small phase has fewer tiles than the largest.
  if (place.firstColumn >= p.images * phase.pixels) return;
  PatchTiles<T, Shape> source(p, phase, place, place.firstColumn + threadIdx.x % Shape::N);
  makeTile<Shape>(source, 0, phase.count, [&](uint32_t j) { return Outputs<T, Shape>(p, phase, place, j); });
}

#define CONV_TILE(name, T, M, N, K, SLICES) \
  KERNEL(name, ConvParams, 256) { convolvePatches<T, Tile<M, N, K, SLICES>>(p); }
CONV_TILES(f32, float)
CONV_TILES(f16, f16)
CONV_TILES(bf16, bf16)
