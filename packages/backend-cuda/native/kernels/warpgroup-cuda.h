// warpgroup.h under nvcc.
#pragma once

__device__ inline uint64_t sharedAddress(const void* start) { return __cvta_generic_to_shared(start); }
__device__ inline void showToProducts() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
__device__ inline void beginProducts() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
__device__ inline void endProducts() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int GROUPS, uint32_t TILES>
__device__ inline void waitForProducts(float (&sums)[TILES][4]) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(GROUPS) : "memory");
  // The compiler doesn't know that the sums come by now.
  if constexpr (GROUPS == 0)
#pragma unroll
    for (uint32_t i = 0; i < TILES; i++)
#pragma unroll
      for (uint32_t r = 0; r < 4; r++) asm volatile("" : "+f"(sums[i][r])::"memory");
}

// clang-format off
#define TEN(d) "%" #d "0,%" #d "1,%" #d "2,%" #d "3,%" #d "4,%" #d "5,%" #d "6,%" #d "7,%" #d "8,%" #d "9,"
#define FIRST_TEN "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,"
#define TO_59 FIRST_TEN TEN(1) TEN(2) TEN(3) TEN(4) TEN(5)
#define REGISTERS_64 TO_59 "%60,%61,%62,%63"
#define REGISTERS_128 TO_59 TEN(6) TEN(7) TEN(8) TEN(9) TEN(10) TEN(11) "%120,%121,%122,%123,%124,%125,%126,%127"
#define SUMS_4(i) "+f"(sums[i][0]), "+f"(sums[i][1]), "+f"(sums[i][2]), "+f"(sums[i][3])
#define SUMS_16(i) SUMS_4(i), SUMS_4(i + 1), SUMS_4(i + 2), SUMS_4(i + 3)
#define SUMS_64(i) SUMS_16(i), SUMS_16(i + 4), SUMS_16(i + 8), SUMS_16(i + 12)
#define SUMS_128(i) SUMS_64(i), SUMS_64(i + 16)
// 1, 1: neither operand is negated.
#define PRODUCT(N, type, COUNT, A, B, A_TURNED, B_TURNED, IS_SUM)                                                                 \
  asm volatile("{.reg .pred p; setp.ne.u32 p, %" #IS_SUM ", 0; wgmma.mma_async.sync.aligned.m64n" #N "k16.f32." type "." type " {"     \
               REGISTERS_##COUNT "}, %" #A ", %" #B ", p, 1, 1, %" #A_TURNED ", %" #B_TURNED ";}"                           \
               : SUMS_##COUNT(0) : "l"(a), "l"(b), "n"(!A_ALONG_K), "n"(!B_ALONG_K), "r"(static_cast<uint32_t>(isSum)))

template <class T, bool A_ALONG_K, bool B_ALONG_K, uint32_t TILES>
__device__ inline void multiplyTiles(float (&sums)[TILES][4], uint64_t a, uint64_t b, bool isSum) {
  static_assert(TILES == 16 || TILES == 32);
  if constexpr (TILES == 16) {
    if constexpr (std::is_same_v<T, f16>) PRODUCT(128, "f16", 64, 64, 65, 66, 67, 68);
    else PRODUCT(128, "bf16", 64, 64, 65, 66, 67, 68);
  } else {
    if constexpr (std::is_same_v<T, f16>) PRODUCT(256, "f16", 128, 128, 129, 130, 131, 132);
    else PRODUCT(256, "bf16", 128, 128, 129, 130, 131, 132);
  }
}
// clang-format on
#undef PRODUCT
#undef SUMS_128
#undef SUMS_64
#undef SUMS_16
#undef SUMS_4
#undef REGISTERS_128
#undef REGISTERS_64
#undef TO_59
#undef FIRST_TEN
#undef TEN
