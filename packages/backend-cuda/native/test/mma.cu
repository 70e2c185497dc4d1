// Kernels of one warp that show what the words of mma.h mean.
#include "../kernels/mma.h"

struct FragmentsParams {
  const float* a;
  const float* b;
  /** What the sums begin with, and end as. */
  float* y;
  /** Lanes that come to the product: 32, or it never happens. */
  uint32_t lanes;
};

/** The word with the elements of T from `from` on, `step` apart. */
template <class T>
__device__ uint32_t wordOf(const float* from, uint32_t step) {
  union {
    uint32_t word;
    T elements[4 / sizeof(T)];
  } result;
  for (uint32_t e = 0; e < 4 / sizeof(T); e++) result.elements[e] = fromFloat<T>(from[e * step]);
  return result.word;
}

/** y [16, 8] += a [16, K] · b [K, 8]: every element stands where mma.h says. */
template <class T>
__device__ void multiplyByFragments(const FragmentsParams& p) {
  constexpr uint32_t EACH = 4 / sizeof(T), K = STEP_BYTES / sizeof(T);
  const uint32_t lane = threadIdx.x, g = lane / 4, t = lane % 4;
  uint32_t a[1][4], b[1][2];
  float sums[1][1][4];
  for (uint32_t r = 0; r < 4; r++) {
    a[0][r] = wordOf<T>(p.a + (g + 8 * (r % 2)) * K + (t + 4 * (r / 2)) * EACH, 1);
    sums[0][0][r] = p.y[(g + 8 * (r / 2)) * 8 + 2 * t + r % 2];
  }
  for (uint32_t r = 0; r < 2; r++) b[0][r] = wordOf<T>(p.b + (t + 4 * r) * EACH * 8 + g, 8);
  if (lane >= p.lanes) return;
  multiplyFragments<T>(sums, a, b);
  for (uint32_t r = 0; r < 4; r++) p.y[(g + 8 * (r / 2)) * 8 + 2 * t + r % 2] = sums[0][0][r];
}

KERNEL(fragments_f16, FragmentsParams, 32) { multiplyByFragments<f16>(p); }
KERNEL(fragments_bf16, FragmentsParams, 32) { multiplyByFragments<bf16>(p); }
KERNEL(fragments_tf32, FragmentsParams, 32) { multiplyByFragments<float>(p); }

struct MatricesParams {
  /** Four matrices of 8 rows of 4 words, and what each lane gets of them: [matrix, lane]. */
  const uint32_t* x;
  uint32_t* y;
  uint32_t isTransposed;
};

/** Rows lie in shared memory in the opposite order. */
KERNEL(matrices, MatricesParams, 32) {
  __shared__ uint4 rows[32];
  const uint32_t lane = threadIdx.x;
  const uint32_t* const row = p.x + lane * 4;
  rows[31 - lane] = make_uint4(row[0], row[1], row[2], row[3]);
  __syncwarp();
  uint32_t to[4];
  const auto rowOf = [](uint32_t i) { return rows + (31 - i); };
  if (p.isTransposed) loadTransposed(to, rowOf);
  else loadMatrices(to, rowOf);
  for (uint32_t i = 0; i < 4; i++) p.y[i * 32 + lane] = to[i];
  // The next block starts from other values.
  __syncwarp();
  rows[lane] = make_uint4(0, 0, 0, 0);
}

struct RoundTf32Params {
  const float* x;
  float* y;
  uint32_t elements;
};

KERNEL(roundTf32, RoundTf32Params, 32) {
  if (threadIdx.x < p.elements) p.y[threadIdx.x] = __uint_as_float(toTf32(__float_as_uint(p.x[threadIdx.x])));
}
