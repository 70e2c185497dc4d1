// Tensor cores: products of small matrices that a warp holds together in registers. Under nvcc PTX, under C++ compilers the same by hand.
//
// The operands are of T: f16, bf16, or f32 that is rounded to TF32 (10 bits behind the point). A fragment covers STEP_BYTES of k: 16
// steps of 16 bits, 8 of TF32. In a warp, lane = 4 · g + t holds
//   of 16 rows of a:        at[r], row g + 8 · (r % 2), the word t + 4 · (r / 2) of its STEP_BYTES
//   of 8 columns of b:      at[r], column g, the word t + 4 · r
//   of 16 × 8 sums, in f32: at[r], row g + 8 · (r / 2), column 2 · t + r % 2
// Source: PTX ISA 8.0, "Matrix Fragments for mma.m16n8k16 with floating point type", and those for mma.m16n8k8 with .tf32.
//
// multiplyFragments<T>(sums, a, b) adds a[i] · b[j] to every sums[i][j]. All lanes of the warp must come.
// loadMatrices(to, rowOf) brings four matrices of 8 rows of 16 bytes from shared memory: lane 4 · g + t gets the word t of row g of
// matrix i in to[i]. rowOf(8 · i + g) says where row g of matrix i lies. loadTransposed does so with 8 × 8 elements of 16 bits, which
// it turns round: lane 4 · g + t gets those of rows 2 · t and 2 · t + 1 in column g.
// toTf32(bits) rounds the f32 of these bits to TF32, halves away from zero.
#pragma once
#include "device.h"

constexpr uint32_t STEP_BYTES = 32;

#ifdef __CUDACC__
#include "mma-cuda.h"
#else
#include "../host/mma-host.h"
#endif
