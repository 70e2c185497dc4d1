// What the kernels of a convolution's gradient by its weight have in common.
#pragma once
#include "quads.h"

struct WeightGradParams {
  const void* x;
  const void* dy;
  /** By column: (offset in x, rows down, columns right) from where a pixel of dy begins. */
  const int4* table;
  void* dw;
  /** Null where one part is all. */
  float* parts;
  uint32_t rows;
  /** Channels of a group · taps. */
  uint32_t columns;
  uint32_t groups;
  /** Of dy: of all images, of a plane, and its width. */
  uint32_t pixels, plane, width;
  /** Parts of the sum, the pixels of each, and elements from one part's dw to the next. */
  uint32_t count, partPixels, partWeights;
  uint32_t tilesM, tilesN;
  int32_t heightX, widthX, imageX, groupX;
  int32_t strideH, strideW, padH, padW;
};

/** Pixel q of dy, and the patch of x that it was made of. */
struct GradPixel {
  uint32_t image;
  /** In its plane. */
  uint32_t place;
  int32_t row, column, base;

  __device__ GradPixel(const WeightGradParams& p, uint32_t ownGroup, uint32_t q) {
    image = q / p.plane;
    place = q % p.plane;
    row = static_cast<int32_t>(place / p.width) * p.strideH - p.padH;
    column = static_cast<int32_t>(place % p.width) * p.strideW - p.padW;
    base = static_cast<int32_t>(image) * p.imageX + static_cast<int32_t>(ownGroup) * p.groupX + row * p.widthX + column;
  }

  template <class T>
  __device__ T valueAt(const WeightGradParams& p, const int4& tap) const {
    // What is negative becomes too large.
    const auto h = static_cast<uint32_t>(row + tap.y);
    const auto w = static_cast<uint32_t>(column + tap.z);
    const bool isInside = h < static_cast<uint32_t>(p.heightX) && w < static_cast<uint32_t>(p.widthX);
    // Something is read in any case: a select costs less than a branch.
    const T value = static_cast<const T*>(p.x)[isInside ? base + tap.x : 0];
    return isInside ? value : fromFloat<T>(0);
  }
};

template <class T>
__device__ void storeWeight(const WeightGradParams& p, uint32_t part, uint32_t at, float sum) {
  if (p.parts) p.parts[part * p.partWeights + at] = sum;
  else static_cast<T*>(p.dw)[at] = fromFloat<T>(sum);
}

/** The part of dw that a block makes. */
struct WeightTile {
  uint32_t firstRow, firstColumn, part, group;
};

template <class Shape>
__device__ WeightTile weightTileOf(const WeightGradParams& p) {
  uint32_t rest = blockIdx.x;
  const uint32_t firstRow = rest % p.tilesM * Shape::M;
  rest /= p.tilesM;
  const uint32_t firstColumn = rest % p.tilesN * Shape::N;
  rest /= p.tilesN;
  return {firstRow, firstColumn, rest % p.count, rest / p.count};
}

/** What stores rows of sums at columns j … j + 3 of the tile, as makeTile and storeSums ask for it. */
template <class T>
__device__ auto storeWeightsOf(const WeightGradParams& p, const WeightTile& tile) {
  return [&p, tile](uint32_t j) {
    return [&p, tile, column = tile.firstColumn + j](uint32_t tileRow, const Quad<float>& sums) {
      const uint32_t m = tile.firstRow + tileRow;
      if (m >= p.rows) return;
      const uint32_t to = (tile.group * p.rows + m) * p.columns + column;
#pragma unroll
      for (uint32_t i = 0; i < 4; i++)
        if (column + i < p.columns) storeWeight<T>(p, tile.part, to + i, sums.at[i]);
    };
  };
}
