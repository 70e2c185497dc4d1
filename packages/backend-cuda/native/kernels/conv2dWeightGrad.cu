// Gradient of a convolution by its weight as an implicit matrix product:
//   dw[m, j] = Σ_q dy[m, q] · x[j moved to q]
// Rows m: output channels of a group; columns j: (channel, tap); the sum goes over the pixels q of all images. It is long and there are
// few tiles, so each of `count` blocks adds up a part of the pixels, and sumParts adds the parts in order.
#include "conv-tile.h"
#include "weight-grad.h"

/** Tiles of dy and of x's patches on their way: a thread brings in four rows, and four columns, of one pixel. */
template <class T, class Shape>
struct PixelTiles {
  /** Quads from one of a thread's to the next. */
  static constexpr uint32_t STEP = TILE_THREADS / Shape::K;
  static constexpr uint32_t EACH_A = Shape::QUADS_M / STEP;
  static constexpr uint32_t EACH_X = Shape::QUADS_N / STEP;
  static_assert(Shape::QUADS_M % STEP == 0 && Shape::QUADS_N % STEP == 0);
  const WeightGradParams& p;
  uint32_t firstRow, firstColumn, ownGroup, end;
  Quad<T> a[EACH_A];
  Quad<T> x[EACH_X];

  __device__ void fetch(uint32_t first) {
    const uint32_t q = first + threadIdx.x % Shape::K;
    const bool isPixel = q < end;
    const GradPixel pixel(p, ownGroup, isPixel ? q : 0);
    const T* const dy = static_cast<const T*>(p.dy) + (pixel.image * p.groups + ownGroup) * p.rows * p.plane + pixel.place;
#pragma unroll
    for (uint32_t i = 0; i < EACH_A; i++)
#pragma unroll
      for (uint32_t j = 0; j < 4; j++) {
        const uint32_t m = firstRow + (threadIdx.x / Shape::K + i * STEP) * 4 + j;
        a[i].at[j] = isPixel && m < p.rows ? dy[m * p.plane] : fromFloat<T>(0);
      }
#pragma unroll
    for (uint32_t i = 0; i < EACH_X; i++)
#pragma unroll
      for (uint32_t j = 0; j < 4; j++) {
        const uint32_t column = firstColumn + (threadIdx.x / Shape::K + i * STEP) * 4 + j;
        x[i].at[j] = isPixel && column < p.columns ? pixel.valueAt<T>(p, __ldg(p.table + column)) : fromFloat<T>(0);
      }
  }

  __device__ void put(float* tileA, float* tileX) const {
    const uint32_t k = threadIdx.x % Shape::K;
    const uint32_t quad = threadIdx.x / Shape::K;
#pragma unroll
    for (uint32_t i = 0; i < EACH_A; i++) storeQuad(tileA + k * Shape::STRIDE_A + (quad + i * STEP) * 4, toFloats(a[i]));
#pragma unroll
    for (uint32_t i = 0; i < EACH_X; i++) storeQuad(tileX + k * Shape::STRIDE_X + (quad + i * STEP) * 4, toFloats(x[i]));
  }
};

template <class T, class Shape>
__device__ void addPixels(const WeightGradParams& p) {
  const WeightTile tile = weightTileOf<Shape>(p);
  const uint32_t begin = tile.part * p.partPixels;
  const uint32_t end = min(begin + p.partPixels, p.pixels);
  PixelTiles<T, Shape> source{p, tile.firstRow, tile.firstColumn, tile.group, end, {}, {}};
  makeTile<Shape>(source, begin, end, storeWeightsOf<T>(p, tile));
}

#define TILES(dtype, T)                                                                              \
  KERNEL(tiles128x64_##dtype, WeightGradParams, 256) { addPixels<T, Tile<128, 64, 16, 1>>(p); }      \
  KERNEL(tiles64x64_##dtype, WeightGradParams, 256) { addPixels<T, Tile<64, 64, 32, 2>>(p); }        \
  KERNEL(tiles32x32_##dtype, WeightGradParams, 256) { addPixels<T, Tile<32, 32, 32, 8>>(p); }
TILES(f32, float)
TILES(f16, f16)
TILES(bf16, bf16)

struct WeightPartsParams {
  const float* parts;
  void* dw;
  uint32_t quads, count, partWeights;
};

/** dw = Σ parts, in order. A thread makes four neighbours. */
template <class T>
__device__ void sumWeightParts(const WeightPartsParams& p) {
  const uint32_t quad = blockIdx.x * blockDim.x + threadIdx.x;
  if (quad >= p.quads) return;
  Quad<float> sum = {};
  for (uint32_t part = 0; part < p.count; part++) {
    const Quad<float> more = loadQuad(p.parts + part * p.partWeights + quad * 4);
#pragma unroll
    for (int j = 0; j < 4; j++) sum.at[j] += more.at[j];
  }
  Quad<T> result;
#pragma unroll
  for (int j = 0; j < 4; j++) result.at[j] = fromFloat<T>(sum.at[j]);
  storeQuad(static_cast<T*>(p.dw) + quad * 4, result);
}

KERNEL(sumParts_f32, WeightPartsParams, 256) { sumWeightParts<float>(p); }
KERNEL(sumParts_f16, WeightPartsParams, 256) { sumWeightParts<f16>(p); }
KERNEL(sumParts_bf16, WeightPartsParams, 256) { sumWeightParts<bf16>(p); }
