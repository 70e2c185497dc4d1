// A 1×1 convolution, or its gradient by the input, whose planes are whole quads: a matrix product for each image and group,
//   y[n, m, p] = Σₖ a[m, k] · x[n, k, p]
// Pixels are read four at a time, and no place is computed inside the loop. The rest is as in conv2d.cu.
#include "conv-tiles.h"

template <class T, class Shape>
struct PlaneTiles {
  /** Channels from one of a thread's quads to the next. */
  static constexpr uint32_t STEP = TILE_THREADS / Shape::QUADS_N;
  static constexpr uint32_t EACH = Shape::K / STEP;
  Weights<T, Shape> weights;
  /** The thread's pixels in the group's first channel; null past the last. */
  const T* x;
  uint32_t plane;
  Quad<T> quads[EACH];

  __device__ PlaneTiles(const ConvParams& p, const Phase& phase, const Place<Shape>& place, uint32_t column)
      : weights(p, phase, place), x(nullptr), plane(p.planeY) {
    if (column >= p.images * plane) return;
    const uint32_t image = column / plane;
    const uint32_t first = image * static_cast<uint32_t>(p.imageX) + place.ownGroup * static_cast<uint32_t>(p.groupX);
    x = static_cast<const T*>(p.x) + first + column % plane;
  }

  __device__ void fetch(uint32_t first) {
    weights.fetch(first);
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++) {
      const uint32_t k = first + threadIdx.x / Shape::QUADS_N + i * STEP;
      quads[i] = {};
      if (x && k < weights.count) quads[i] = loadQuad(x + k * plane);
    }
  }

  __device__ void put(float* a, float* tile) const {
    weights.put(a);
#pragma unroll
    for (uint32_t i = 0; i < EACH; i++) {
      const uint32_t k = threadIdx.x / Shape::QUADS_N + i * STEP;
      storeQuad(tile + k * Shape::STRIDE_X + threadIdx.x % Shape::QUADS_N * 4, toFloats(quads[i]));
    }
  }
};

template <class T, class Shape>
__device__ void convolvePlanes(const ConvParams& p) {
  const Place<Shape> place(p);
  const Phase phase(p, 0);
  PlaneTiles<T, Shape> source(p, phase, place, place.firstColumn + threadIdx.x % Shape::QUADS_N * 4);
  makeTile<Shape>(source, 0, phase.count, [&](uint32_t j) { return Outputs<T, Shape>(p, phase, place, j); });
}

#define CONV_TILE(name, T, M, N, K, SLICES) \
  KERNEL(name, ConvParams, 256) { convolvePlanes<T, Tile<M, N, K, SLICES>>(p); }
CONV_TILES(f32, float)
CONV_TILES(f16, f16)
CONV_TILES(bf16, bf16)
