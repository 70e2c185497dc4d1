// mma.h under nvcc.
#pragma once

#define MMA(shape, type)                                                                                        \
  asm volatile("mma.sync.aligned." shape ".row.col.f32." type "." type ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" \
               : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                                     \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

template <class T>
__device__ void multiplyFragment(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]);
template <>
__device__ inline void multiplyFragment<f16>(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  MMA("m16n8k16", "f16");
}
template <>
__device__ inline void multiplyFragment<bf16>(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  MMA("m16n8k16", "bf16");
}
template <>
__device__ inline void multiplyFragment<float>(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  MMA("m16n8k8", "tf32");
}
#undef MMA

template <class T, uint32_t M, uint32_t N>
__device__ inline void multiplyFragments(float (&sums)[M][N][4], const uint32_t (&a)[M][4], const uint32_t (&b)[N][2]) {
#pragma unroll
  for (uint32_t i = 0; i < M; i++)
#pragma unroll
    for (uint32_t j = 0; j < N; j++) multiplyFragment<T>(sums[i][j], a[i], b[j]);
}

template <class F>
__device__ inline void loadMatrices(uint32_t (&to)[4], F rowOf) {
  const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(rowOf(threadIdx.x % 32)));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

template <class F>
__device__ inline void loadTransposed(uint32_t (&to)[4], F rowOf) {
  const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(rowOf(threadIdx.x % 32)));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(from)
               : "memory");
}

__device__ inline uint32_t toTf32(uint32_t bits) {
  uint32_t result;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(result) : "f"(__uint_as_float(bits)));
  return result;
}
