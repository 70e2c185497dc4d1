// y[i, j] = largest x in rows start + rowStep · r, r < count, of rows[i] = (start, count), and columns likewise; indices[i, j] =
// h · W + w of it. x [planes, H, W]; y, indices [planes, Ho, Wo]. The winner is the last NaN, else the first of the largest:
// scanning in order from the first element, a value wins if it is greater or NaN. A thread makes one output.
#include "device.h"

struct MaxPool2dParams {
  const void* x;
  const uint2* rows;
  const uint2* columns;
  void* y;
  uint32_t* indices;
  uint32_t elements;
  uint32_t h, w, ho, wo;
  uint32_t rowStep, columnStep;
};

template <class T>
__device__ void maxPool2d(const MaxPool2dParams& p) {
  const uint32_t index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= p.elements) return;
  const uint32_t line = index / p.wo;
  const uint32_t plane = line / p.ho;
  const uint2 row = p.rows[line - plane * p.ho];
  const uint2 column = p.columns[index - line * p.wo];
  const T* const x = static_cast<const T*>(p.x) + static_cast<size_t>(plane) * p.h * p.w;
  uint32_t winner = row.x * p.w + column.x;
  float best = toFloat(x[winner]);
  for (uint32_t r = 0; r < row.y; r++) {
    uint32_t place = (row.x + r * p.rowStep) * p.w + column.x;
    for (uint32_t i = 0; i < column.y; i++, place += p.columnStep) {
      const float value = toFloat(x[place]);
      const bool wins = value > best || value != value;
      best = wins ? value : best;
      winner = wins ? place : winner;
    }
  }
  static_cast<T*>(p.y)[index] = fromFloat<T>(best);
  p.indices[index] = winner;
}

KERNEL(maxPool2d_f32, MaxPool2dParams, 256) { maxPool2d<float>(p); }
KERNEL(maxPool2d_f16, MaxPool2dParams, 256) { maxPool2d<f16>(p); }
KERNEL(maxPool2d_bf16, MaxPool2dParams, 256) { maxPool2d<bf16>(p); }
