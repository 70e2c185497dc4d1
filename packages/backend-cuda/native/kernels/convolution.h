// What the kernels of a convolution, and by other tables of its gradient by the input, have in common:
//   y[n, m, p] = activation(scale[m] · Σₖ a[m, k] · x[n, p moved by tap k] + shift[m] + residual[n, m, p])
// Rows m: output channels of a group; columns: pixels p of all images n. A tap k says where its weight and its input element lie. A phase
// is a set of outputs, `stepY` apart, that have the same taps: one for a convolution, stride² for the gradient by the input.
#pragma once
#include "elementwise-math.h"
#include "quads.h"

/** Numbers of conv-product.ts. */
enum ConvActivation : uint32_t { NO_ACTIVATION, RELU, RELU6, SILU };

struct ConvParams {
  const void* a;
  const void* x;
  /** Two rows a phase, as Phase reads them, then the taps: (weight offset, input offset, rows down, columns right). */
  const int4* table;
  /** f32 by channel; null for what isn't there. Shift is also a convolution's bias. */
  const float* scale;
  const float* shift;
  const void* residual;
  void* y;
  uint32_t rows, groups, images, phases;
  /** Tiles of rows and, in the largest phase, of columns. */
  uint32_t tilesM, tilesN;
  /** Of x. */
  int32_t height, width;
  /** Elements of x from one image and group to the next, and of a from one group and row. */
  int32_t imageX, groupX;
  uint32_t groupA, rowA;
  uint32_t planeY, widthY;
  /** Rows and columns from a phase's pixel to the next. */
  int32_t stepX[2];
  uint32_t stepY[2];
  uint32_t activation;
  /** The planes of y are one phase each and whole quads. */
  uint32_t isQuads;
};

struct Phase {
  const int4* taps;
  uint32_t count;
  uint32_t width, pixels;
  /** Row and column of pixel 0. */
  int32_t fromX[2];
  uint32_t fromY[2];

  __device__ Phase(const ConvParams& p, uint32_t phase) {
    const int4 extent = p.table[2 * phase];
    const int4 start = p.table[2 * phase + 1];
    taps = p.table + 2 * p.phases + extent.x;
    count = static_cast<uint32_t>(extent.y);
    width = static_cast<uint32_t>(extent.w);
    pixels = static_cast<uint32_t>(extent.z) * width;
    fromX[0] = start.x;
    fromX[1] = start.y;
    fromY[0] = static_cast<uint32_t>(start.z);
    fromY[1] = static_cast<uint32_t>(start.w);
  }

  /** Element of a plane of y where a pixel lies. */
  __device__ uint32_t inY(const ConvParams& p, uint32_t pixel) const {
    const uint32_t h = pixel / width * p.stepY[0] + fromY[0];
    return h * p.widthY + pixel % width * p.stepY[1] + fromY[1];
  }
};

/** The input under a pixel of a phase, seen from which taps move. */
template <class T>
struct Patch {
  const T* x;
  int32_t row, column;
  int32_t at;

  __device__ Patch(const ConvParams& p, const Phase& phase, uint32_t ownGroup, uint32_t image, uint32_t pixel, bool isPixel) {
    x = static_cast<const T*>(p.x);
    column = static_cast<int32_t>(pixel % phase.width) * p.stepX[1] + phase.fromX[1];
    // What is no pixel reads as one far outside.
    row = isPixel ? static_cast<int32_t>(pixel / phase.width) * p.stepX[0] + phase.fromX[0] : -(1 << 24);
    at = isPixel ? static_cast<int32_t>(image) * p.imageX + static_cast<int32_t>(ownGroup) * p.groupX + row * p.width + column : 0;
  }

  __device__ T valueAt(const ConvParams& p, const int4& tap) const {
    // What is negative becomes too large.
    const auto h = static_cast<uint32_t>(row + tap.z);
    const auto w = static_cast<uint32_t>(column + tap.w);
    const bool isInside = h < static_cast<uint32_t>(p.height) && w < static_cast<uint32_t>(p.width);
    // Something is read in any case: a select costs less than a branch.
    const T value = x[isInside ? at + tap.y : 0];
    return isInside ? value : fromFloat<T>(0);
  }
};

/** What is done to the sums of one output channel. */
template <class T>
struct Finish {
  const T* residual;
  float scale, shift;
  uint32_t activation;

  __device__ Finish(const ConvParams& p, uint32_t channel) {
    residual = static_cast<const T*>(p.residual);
    scale = p.scale ? __ldg(p.scale + channel) : 1;
    shift = p.shift ? __ldg(p.shift + channel) : 0;
    activation = p.activation;
  }

  __device__ T operator()(float sum, float more) const {
    const float value = sum * scale + shift + more;
    switch (activation) {
      case RELU: return fromFloat<T>(larger(value, 0));
      case RELU6: return fromFloat<T>(smaller(larger(value, 0), 6));
      case SILU: return fromFloat<T>(value * sigmoidOf(value));
      default: return fromFloat<T>(value);
    }
  }

  __device__ T at(float sum, uint32_t place) const { return (*this)(sum, residual ? toFloat(residual[place]) : 0); }

  __device__ Quad<T> quadAt(const Quad<float>& sums, uint32_t place) const {
    Quad<T> more = {};
    if (residual) more = loadQuad(residual + place);
    Quad<T> result;
#pragma unroll
    for (int j = 0; j < 4; j++) result.at[j] = (*this)(sums.at[j], residual ? toFloat(more.at[j]) : 0);
    return result;
  }
};
