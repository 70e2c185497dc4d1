// device.h under C++ compilers: CUDA's words, as far as our kernels use them, for threads that take turns on the processor.
#pragma once
#include <cmath>

#include "block.h"
#include "numbers.h"
#include "registry.h"

#define __device__
#define __forceinline__ inline
// One block runs at a time, so what its threads share is one static variable.
#define __shared__ static
#define __constant__ static
#define __align__(bytes) alignas(bytes)

#define KERNEL(name, Params, threads) \
  static void name##Kernel(const Params& p); \
  static const host::Registration name##Registration(  \
      __FILE__, #name "Kernel", sizeof(Params), threads, \
      [](const void* params) { name##Kernel(*static_cast<const Params*>(params)); }); \
  static void name##Kernel([[maybe_unused]] const Params& p)

#define DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(host::dynamicSharedMemory())

extern Dim3 threadIdx;
extern Dim3 blockIdx;
extern Dim3 blockDim;
extern Dim3 gridDim;
constexpr int warpSize = 32;

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { uint32_t x, y; };
struct alignas(16) uint4 { uint32_t x, y, z, w; };
struct alignas(16) int4 { int x, y, z, w; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

inline void __syncthreads() { host::blockBarrier(); }
inline void __syncwarp(uint32_t mask = 0xffffffffu) { host::warpExchange(mask, 0, 0); }
inline void __threadfence() {}

namespace host {

/** The value that lane `fromLane` has; across a border of `width` lanes nobody reaches. */
template <class T>
T shuffle(uint32_t mask, T value, uint32_t fromLane, int width) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  const bool isInside = fromLane / static_cast<uint32_t>(width) == lane() / static_cast<uint32_t>(width);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  const uint64_t got = warpExchange(mask, bits, isInside ? fromLane : lane()).value;
  std::memcpy(&value, &got, sizeof value);
  return value;
}

}  // namespace host

template <class T>
T __shfl_sync(uint32_t mask, T value, int fromLane, int width = warpSize) {
  const auto lanes = static_cast<uint32_t>(width);
  return host::shuffle(mask, value, host::lane() / lanes * lanes + static_cast<uint32_t>(fromLane) % lanes, width);
}
template <class T>
T __shfl_xor_sync(uint32_t mask, T value, int lanes, int width = warpSize) {
  return host::shuffle(mask, value, host::lane() ^ static_cast<uint32_t>(lanes), width);
}
template <class T>
T __shfl_down_sync(uint32_t mask, T value, uint32_t distance, int width = warpSize) {
  return host::shuffle(mask, value, host::lane() + distance, width);
}
template <class T>
T __shfl_up_sync(uint32_t mask, T value, uint32_t distance, int width = warpSize) {
  // Below 0 it wraps to a lane that doesn't exist.
  return host::shuffle(mask, value, host::lane() - distance, width);
}
inline uint32_t __ballot_sync(uint32_t mask, int isSet) { return host::warpExchange(mask, isSet != 0, 0).ballot; }
inline int __any_sync(uint32_t mask, int isSet) { return __ballot_sync(mask, isSet) != 0; }
inline int __all_sync(uint32_t mask, int isSet) { return __ballot_sync(mask, !isSet) == 0; }

// Threads change only where they wait, so nobody comes in between.
template <class T>
T atomicAdd(T* at, T value) {
  const T before = *at;
  *at = before + value;
  return before;
}
template <class T>
T atomicMax(T* at, T value) {
  const T before = *at;
  if (value > before) *at = value;
  return before;
}

template <class T>
T __ldg(const T* from) { return *from; }

inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float __uint_as_float(uint32_t bits) { return bitsAs<float>(bits); }
inline uint32_t __float_as_uint(float x) { return bitsAs<uint32_t>(x); }
inline uint32_t __umulhi(uint32_t a, uint32_t b) { return static_cast<uint32_t>(static_cast<uint64_t>(a) * b >> 32); }
inline int __popc(uint32_t bits) { return __builtin_popcount(bits); }
inline int __ffs(int bits) { return __builtin_ffs(bits); }
template <class T>
T min(T a, T b) { return b < a ? b : a; }
template <class T>
T max(T a, T b) { return a < b ? b : a; }

template <int BYTES>
void copyAsync(void* to, const void* from, bool inside = true) {
  static_assert(BYTES == 4 || BYTES == 8 || BYTES == 16);
  host::deferCopy(to, inside ? from : nullptr, BYTES);
}
inline void copyAsyncCommit() { host::commitCopies(); }
template <int GROUPS>
void copyAsyncWait() { host::waitForCopies(GROUPS); }
