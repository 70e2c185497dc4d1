// y[m, n] = Σ a[m, k] · b[k, n] for each matrix of a batch, in the order of k: an element a thread. For products too small for tiles.
#include "matmul-batch.h"

struct MatmulDirectParams {
  const void* a;
  const void* b;
  void* y;
  uint32_t elements;
  uint32_t m, k, n;
  /** Elements from one row of a to the next, from one k to the next; from one k of b to the next, from one column to the next. */
  uint32_t aRow, aStep;
  uint32_t bStep, bColumn;
  MatmulBatch batch;
};

template <class T>
__device__ void matmulDirect(const MatmulDirectParams& p) {
  const uint32_t element = blockIdx.x * blockDim.x + threadIdx.x;
  if (element >= p.elements) return;
  const uint32_t column = element % p.n;
  const uint32_t row = element / p.n % p.m;
  const MatmulStarts starts = startsOf(p.batch, element / p.n / p.m);
  const T* a = static_cast<const T*>(p.a) + starts.a + row * p.aRow;
  const T* b = static_cast<const T*>(p.b) + starts.b + column * p.bColumn;
  float sum = 0;
  for (uint32_t k = 0; k < p.k; k++, a += p.aStep, b += p.bStep) sum = fmaf(toFloat(*a), toFloat(*b), sum);
  static_cast<T*>(p.y)[element] = fromFloat<T>(sum);
}

KERNEL(matmulDirect_f32, MatmulDirectParams, 256) { matmulDirect<float>(p); }
KERNEL(matmulDirect_f16, MatmulDirectParams, 256) { matmulDirect<f16>(p); }
KERNEL(matmulDirect_bf16, MatmulDirectParams, 256) { matmulDirect<bf16>(p); }
