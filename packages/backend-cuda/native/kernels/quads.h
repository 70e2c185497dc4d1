// Four neighbours of a tensor, read and written at once.
#pragma once
#include "device.h"

template <class T>
struct alignas(4 * sizeof(T)) Quad {
  T at[4];
};

template <class T>
__device__ inline Quad<T> loadQuad(const T* from) { return *reinterpret_cast<const Quad<T>*>(from); }

template <class T>
__device__ inline void storeQuad(T* to, const Quad<T>& quad) { *reinterpret_cast<Quad<T>*>(to) = quad; }

/** The first of the four elements that a thread makes, in kernels that go over elements one by one. */
__device__ inline uint32_t firstOfQuad() { return (blockIdx.x * blockDim.x + threadIdx.x) * 4; }
