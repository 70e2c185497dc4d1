// Products of tiles in shared memory by the four warps of a warpgroup together: instructions of compute capability 9.0 alone, twice as fast
// there as those of mma.h. Under nvcc PTX, under C++ compilers the same by hand. Operands are f16 or bf16, sums f32.
//
// A tile lies in atoms of 8 rows of 128 bytes, one behind the other from a multiple of 1024 bytes on. A row is 64 neighbours along k of one
// line, or where lines aren't along k 64 neighbouring lines at one k; its chunk c of 16 bytes lies where chunk c ^ (row % 8) would.
// Source: PTX ISA 8.0, "Asynchronous Warpgroup Level Matrix Instructions": shared memory layouts, matrix descriptors, and the fragment
// of D of wgmma .m64nNk16.
//
// tileDescriptor(start, leadingBytes, strideBytes) says where a product's operand begins, from one atom to the next along lines that aren't
// along k, and from 8 rows to the next 8.
// multiplyTiles<T, A_ALONG_K, B_ALONG_K>(sums, a, b, isSum) begins to make sums [64, N] of a [64, 16] · b [16, N], and of what they were if
// that isSum: in warp w of the four, lane = 4 · g + t holds in sums[i][r] row 16 · w + g + 8 · (r / 2), column 8 · i + 2 · t + r % 2.
// beginProducts() before the first of a group, endProducts() behind the last; waitForProducts<n>(sums) waits for all groups but the last n.
// Until then nobody may write what they read, or read the sums.
// showToProducts() behind the writes of a thread to shared memory, and before the barrier behind which products read them.
#pragma once
#include "device.h"

/** Steps of k in a product. */
constexpr uint32_t PRODUCT_STEPS = 16;

#ifdef __CUDACC__
#include "warpgroup-cuda.h"
#else
#include "../host/warpgroup-host.h"
#endif

/** In units of 16 bytes, of swizzled tiles. */
__device__ inline uint64_t tileDescriptor(const void* start, uint32_t leadingBytes, uint32_t strideBytes) {
  constexpr uint64_t SWIZZLED_BY_128_BYTES = 1;
  const auto field = [](uint64_t bytes, uint32_t bit) { return (bytes & 0x3ffff) >> 4 << bit; };
  return field(sharedAddress(start), 0) | field(leadingBytes, 16) | field(strideBytes, 32) | SWIZZLED_BY_128_BYTES << 62;
}
