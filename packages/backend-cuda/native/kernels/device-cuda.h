// device.h under nvcc.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define KERNEL(name, Params, threads) \
  extern "C" __global__ void __launch_bounds__(threads) name##Kernel(const __grid_constant__ Params p)

#define DYNAMIC_SHARED(type, name)                              \
  extern __shared__ __align__(1024) unsigned char dynamicShared[]; \
  type* const name = reinterpret_cast<type*>(dynamicShared)

using f16 = __half;
using bf16 = __nv_bfloat16;

__device__ inline float toFloat(float x) { return x; }
__device__ inline float toFloat(f16 x) { return __half2float(x); }
__device__ inline float toFloat(bf16 x) { return __bfloat162float(x); }

template <class T>
__device__ T fromFloat(float x);
template <>
__device__ inline float fromFloat<float>(float x) { return x; }
template <>
__device__ inline f16 fromFloat<f16>(float x) { return __float2half_rn(x); }
template <>
__device__ inline bf16 fromFloat<bf16>(float x) { return __float2bfloat16_rn(x); }

template <int BYTES>
__device__ inline void copyAsync(void* to, const void* from, bool inside = true) {
  static_assert(BYTES == 4 || BYTES == 8 || BYTES == 16);
  const unsigned target = static_cast<unsigned>(__cvta_generic_to_shared(to));
  const int bytes = inside ? BYTES : 0;
  // Only copies of 16 bytes can pass the first level of cache by.
  if constexpr (BYTES == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target), "l"(from), "r"(bytes) : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(target), "l"(from), "n"(BYTES), "r"(bytes) : "memory");
}

__device__ inline void copyAsyncCommit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int GROUPS>
__device__ inline void copyAsyncWait() { asm volatile("cp.async.wait_group %0;" ::"n"(GROUPS) : "memory"); }
