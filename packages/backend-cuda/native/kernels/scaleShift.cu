// y = activation(x · scale[c] + shift[c]); x, y [N, C, inner], scale and shift [C] in f32: scaleShift (without activation) and
// scaleShiftFused. A thread makes four neighbours; buffers are long enough for a last quad past their end.
#include "channels.h"

/** As scaleShift.ts numbers them. */
enum Activation : uint32_t { NONE, RELU, RELU6, SILU };

struct ScaleShiftParams {
  const void* x;
  const float* scale;
  const float* shift;
  void* y;
  uint32_t elements;
  uint32_t c;
  uint32_t inner;
  uint32_t activation;
};

/** Comparisons that are false for NaN leave it as it is. */
__device__ inline float activate(float x, uint32_t activation) {
  switch (activation) {
    case RELU: return x < 0 ? 0 : x;
    case RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case SILU: return x / (1 + expf(-x));
    default: return x;
  }
}

template <class T>
__device__ void scaleShift(const ScaleShiftParams& p) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  ChannelWalk walk(first, p.c, p.inner);
  float scale = p.scale[walk.channel];
  float shift = p.shift[walk.channel];
  const Quad<T> x = loadQuad(static_cast<const T*>(p.x) + first);
  Quad<T> y;
  for (int j = 0; j < 4; j++) {
    y.at[j] = fromFloat<T>(activate(fmaf(toFloat(x.at[j]), scale, shift), p.activation));
    if (j == 3 || !walk.step()) continue;
    scale = p.scale[walk.channel];
    shift = p.shift[walk.channel];
  }
  storeQuad(static_cast<T*>(p.y) + first, y);
}

KERNEL(scaleShift_f32, ScaleShiftParams, 256) { scaleShift<float>(p); }
KERNEL(scaleShift_f16, ScaleShiftParams, 256) { scaleShift<f16>(p); }
KERNEL(scaleShift_bf16, ScaleShiftParams, 256) { scaleShift<bf16>(p); }
