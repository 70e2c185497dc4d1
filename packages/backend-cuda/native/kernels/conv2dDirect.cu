// Convolution where a group has few output channels (depthwise and narrow groups), and by other tables its gradient by the input: see
// convolution.h. A matrix tile would be nearly empty, so a thread makes up to four channels of four pixels, a quarter of the phase
// apart: neighbours read neighbouring pixels, and most of them the same weights.
#include "convolution.h"

/** Terms of a sum before it is added to the total. */
constexpr uint32_t DIRECT_TERMS = 256;

template <class T, uint32_t CHANNELS>
__device__ void convolveDirectly(const ConvParams& p) {
  // [image, phase, group, channels, pixels]: tilesM and tilesN are those of a thread.
  uint32_t rest = blockIdx.x * blockDim.x + threadIdx.x;
  const uint32_t firstPixel = rest % p.tilesN;
  rest /= p.tilesN;
  const uint32_t firstRow = rest % p.tilesM * CHANNELS;
  rest /= p.tilesM;
  const uint32_t ownGroup = rest % p.groups;
  rest /= p.groups;
  const Phase phase(p, rest % p.phases);
  const uint32_t image = rest / p.phases;
  if (image >= p.images || firstPixel >= phase.pixels) return;

  Patch<T> patches[4] = {
      {p, phase, ownGroup, image, firstPixel, true},
      {p, phase, ownGroup, image, firstPixel + p.tilesN, firstPixel + p.tilesN < phase.pixels},
      {p, phase, ownGroup, image, firstPixel + 2 * p.tilesN, firstPixel + 2 * p.tilesN < phase.pixels},
      {p, phase, ownGroup, image, firstPixel + 3 * p.tilesN, firstPixel + 3 * p.tilesN < phase.pixels},
  };
  const T* const a = static_cast<const T*>(p.a) + ownGroup * p.groupA;
  uint32_t rows[CHANNELS];
  // Rows past the last are made like the last, and nobody stores them.
#pragma unroll
  for (uint32_t i = 0; i < CHANNELS; i++) rows[i] = min(firstRow + i, p.rows - 1) * p.rowA;

  float totals[CHANNELS][4] = {};
  for (uint32_t first = 0; first < phase.count; first += DIRECT_TERMS) {
    const uint32_t end = min(first + DIRECT_TERMS, phase.count);
    float sums[CHANNELS][4] = {};
    for (uint32_t k = first; k < end; k++) {
      const int4 tap = __ldg(phase.taps + k);
      float values[4];
#pragma unroll
      for (int j = 0; j < 4; j++) values[j] = toFloat(patches[j].valueAt(p, tap));
#pragma unroll
      for (uint32_t i = 0; i < CHANNELS; i++) {
        const float weight = toFloat(a[rows[i] + static_cast<uint32_t>(tap.x)]);
#pragma unroll
        for (int j = 0; j < 4; j++) sums[i][j] = fmaf(weight, values[j], sums[i][j]);
      }
    }
#pragma unroll
    for (uint32_t i = 0; i < CHANNELS; i++)
#pragma unroll
      for (int j = 0; j < 4; j++) totals[i][j] += sums[i][j];
  }

#pragma unroll
  for (uint32_t i = 0; i < CHANNELS; i++) {
    if (firstRow + i >= p.rows) break;
    const uint32_t channel = ownGroup * p.rows + firstRow + i;
    const uint32_t to = (image * p.groups * p.rows + channel) * p.planeY;
    const Finish<T> finish(p, channel);
#pragma unroll
    for (uint32_t j = 0; j < 4; j++) {
      const uint32_t pixel = firstPixel + j * p.tilesN;
      if (pixel >= phase.pixels) break;
      const uint32_t at = to + phase.inY(p, pixel);
      static_cast<T*>(p.y)[at] = finish.at(totals[i][j], at);
    }
  }
}

#define DIRECT(dtype, T)                                                      \
  KERNEL(channels1_##dtype, ConvParams, 256) { convolveDirectly<T, 1>(p); }   \
  KERNEL(channels2_##dtype, ConvParams, 256) { convolveDirectly<T, 2>(p); }   \
  KERNEL(channels4_##dtype, ConvParams, 256) { convolveDirectly<T, 4>(p); }
DIRECT(f32, float)
DIRECT(f16, f16)
DIRECT(bf16, bf16)
