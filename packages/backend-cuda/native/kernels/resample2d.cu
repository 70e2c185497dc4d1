// y[i, j] = Σ_r Σ_k rowWeights[r, i] · columnWeights[k, j] · x[rows[i].start + r, columns[j].start + k], r < rows[i].count,
// k < columns[j].count; x [planes, H, W] → y [planes, Ho, Wo]. Sums are f32.
//   resample2d      both axes at once, for windows of few taps
//   resample2dAxis  one axis; two of them with f32 between make a large map
//   resample2dSum   whole planes with one weight: global average pooling
#include "group-reduce.h"

struct Resample2dParams {
  const void* x;
  const uint2* rows;  // (start, count)
  const float* rowWeights;
  const uint2* columns;
  const float* columnWeights;
  void* y;
  uint32_t elements;
  uint32_t h, w, ho, wo;
};

/** A thread makes one output. */
template <class T>
__device__ void resample2d(const Resample2dParams& p) {
  const uint32_t index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= p.elements) return;
  const uint32_t line = index / p.wo;
  const uint32_t plane = line / p.ho;
  const uint32_t i = line - plane * p.ho;
  const uint32_t j = index - line * p.wo;
  const uint2 row = p.rows[i];
  const uint2 column = p.columns[j];
  const T* x = static_cast<const T*>(p.x) + (static_cast<size_t>(plane) * p.h + row.x) * p.w + column.x;
  float total = 0;
  for (uint32_t r = 0; r < row.y; r++, x += p.w) {
    float sum = 0;
    for (uint32_t k = 0; k < column.y; k++) sum = fmaf(toFloat(x[k]), p.columnWeights[k * p.wo + j], sum);
    total = fmaf(sum, p.rowWeights[r * p.ho + i], total);
  }
  static_cast<T*>(p.y)[index] = fromFloat<T>(total);
}

struct Resample2dAxisParams {
  const void* x;
  const uint2* spans;  // (start, count)
  const float* weights;
  void* y;
  uint32_t elements;
  uint32_t size, outputs, inner;
};

/**
 * y[·, o, k] = Σₜ weights[t, o] · x[·, spans[o].start + t, k], t < spans[o].count; x [outer, size, inner] → y [outer, outputs, inner].
 * A thread makes one output.
 */
template <class T, class Y>
__device__ void resample2dAxis(const Resample2dAxisParams& p) {
  constexpr uint32_t BLOCK = 64;  // terms one after another; then come the blocks' sums
  const uint32_t index = blockIdx.x * blockDim.x + threadIdx.x;
  if (index >= p.elements) return;
  const uint32_t line = index / p.inner;
  const uint32_t outer = line / p.outputs;
  const uint32_t o = line - outer * p.outputs;
  const uint2 span = p.spans[o];
  const T* x = static_cast<const T*>(p.x) + (static_cast<size_t>(outer) * p.size + span.x) * p.inner + (index - line * p.inner);
  float total = 0;
  for (uint32_t block = 0; block < span.y; block += BLOCK) {
    const uint32_t end = min(block + BLOCK, span.y);
    float sum = 0;
    for (uint32_t t = block; t < end; t++, x += p.inner) sum = fmaf(toFloat(*x), p.weights[t * p.outputs + o], sum);
    total += sum;
  }
  static_cast<Y*>(p.y)[index] = fromFloat<Y>(total);
}

struct Resample2dSumParams {
  const void* x;
  void* y;
  uint32_t planes;
  uint32_t terms;
  /** Of a plane, of at most `termsPerPart` terms each. */
  uint32_t parts;
  uint32_t termsPerPart;
  /** Threads that make a part; each adds at most 512 terms. */
  uint32_t lanes;
  float weight;
};

/** y[plane, part] = weight · Σ x[plane, t], t in the part; x [planes, terms]. */
template <class T, class Y>
__device__ void resample2dSum(const Resample2dSumParams& p) {
  const uint32_t part = groupOfGrid(p.lanes);
  const uint32_t plane = min(part / p.parts, p.planes - 1);
  const uint32_t begin = part % p.parts * p.termsPerPart;
  const uint32_t end = min(begin + p.termsPerPart, p.terms);
  const T* const x = static_cast<const T*>(p.x) + static_cast<size_t>(plane) * p.terms;
  float sum = 0;
  for (uint32_t t = begin + laneOfGroup(p.lanes); t < end; t += p.lanes) sum += toFloat(x[t]);
  sum = sumOfGroup(sum, p.lanes);
  if (laneOfGroup(p.lanes) == 0 && part < p.planes * p.parts) static_cast<Y*>(p.y)[part] = fromFloat<Y>(sum * p.weight);
}

KERNEL(resample2d_f32, Resample2dParams, 256) { resample2d<float>(p); }
KERNEL(resample2d_f16, Resample2dParams, 256) { resample2d<f16>(p); }
KERNEL(resample2d_bf16, Resample2dParams, 256) { resample2d<bf16>(p); }

/** From and to a tensor's dtype, and f32 on the side of what is between two launches. */
#define STAGES(from, T, to, Y)                                                          \
  KERNEL(resample2dAxis_##from##_##to, Resample2dAxisParams, 256) { resample2dAxis<T, Y>(p); } \
  KERNEL(resample2dSum_##from##_##to, Resample2dSumParams, GROUP_BLOCK) { resample2dSum<T, Y>(p); }

STAGES(f32, float, f32, float)
STAGES(f16, f16, f16, f16)
STAGES(f16, f16, f32, float)
STAGES(f32, float, f16, f16)
STAGES(bf16, bf16, bf16, bf16)
STAGES(bf16, bf16, f32, float)
STAGES(f32, float, bf16, bf16)
