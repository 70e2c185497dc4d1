// What kernels are written in. Under nvcc it is CUDA itself; under C++ compilers it is the host test driver's form of the same words
// (native/host/device-host.h), in which a kernel runs on the processor, thread after thread.
//
// KERNEL(name, Params, threads) { ... } begins a kernel: its one argument is a struct called `p`, so that a launch is plain
// bytes: device pointers first, then words of 4 bytes. No block has more than `threads` threads. Its symbol is `<name>Kernel`,
// because many ops are named like functions of C.
// DYNAMIC_SHARED(type, name) names the shared memory whose size the launch says, from a multiple of 1024 bytes on.
// copyAsync<bytes>(to, from, inside) copies 4, 8 or 16 bytes from global to shared memory in the background, zeros where it
// isn't inside; copyAsyncCommit() ends a group of copies, copyAsyncWait<n>() waits for all groups but the last n. A barrier
// must follow.
// toFloat(x) and fromFloat<T>(x) convert f16 and bf16, rounding to nearest even.
#pragma once
#include <cstdint>

#ifdef __CUDACC__
#include "device-cuda.h"
#else
#include "../host/device-host.h"
#endif

constexpr unsigned ALL_LANES = 0xffffffffu;

/** y of every lane becomes the sum of x over the 32 lanes of the warp, added as a tree: the same bits in each. */
__device__ inline float warpSum(float x) {
  for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(ALL_LANES, x, distance);
  return x;
}
