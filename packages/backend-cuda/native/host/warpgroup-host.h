// warpgroup.h under C++ compilers. A thread makes its own part of a product, and only when it waits for it: what is written over the operands before
// then shows. Addresses count from the block's dynamic shared memory on.
#pragma once
#include "device-host.h"

namespace host {

/** An operand as its descriptor says: 14 bits each of address and distances, in units of 16 bytes. */
template <class T, bool IS_ALONG_K>
struct SharedTile {
  uint32_t start, leading, stride;

  explicit SharedTile(uint64_t descriptor)
      : start(field(descriptor, 0)), leading(field(descriptor, 16)), stride(field(descriptor, 32)) {}

  float at(uint32_t line, uint32_t k) const {
    const uint32_t row = IS_ALONG_K ? line : k, inRow = IS_ALONG_K ? k : line;
    const uint32_t bytes = inRow * sizeof(T);
    // Rows are 128 bytes: along k a product has part of one, otherwise the next lines lie `leading` further on.
    const uint32_t address = start + bytes / 128 * leading + row / 8 * stride + row % 8 * 128 + bytes % 128;
    const uint32_t moved = address ^ (address >> 7 & 7) << 4;
    T value;
    std::memcpy(&value, static_cast<const char*>(dynamicSharedMemory()) + moved, sizeof value);
    return toFloat(value);
  }

 private:
  static uint32_t field(uint64_t descriptor, uint32_t bit) { return static_cast<uint32_t>(descriptor >> bit & 0x3fff) << 4; }
};

template <class T, bool A_ALONG_K, bool B_ALONG_K, uint32_t TILES>
void multiplyOwn(const Product& product) {
  const SharedTile<T, A_ALONG_K> a(product.a);
  const SharedTile<T, B_ALONG_K> b(product.b);
  auto& sums = *static_cast<float(*)[TILES][4]>(product.sums);
  const uint32_t firstRow = threadIdx.x / 32 % 4 * 16 + lane() / 4;
  float rows[2][PRODUCT_STEPS], column[PRODUCT_STEPS];
  for (uint32_t k = 0; k < PRODUCT_STEPS; k++)
    for (uint32_t r = 0; r < 2; r++) rows[r][k] = a.at(firstRow + 8 * r, k);
  for (uint32_t j = 0; j < 2 * TILES; j++) {
    for (uint32_t k = 0; k < PRODUCT_STEPS; k++) column[k] = b.at(j / 2 * 8 + lane() % 4 * 2 + j % 2, k);
    for (uint32_t r = 0; r < 2; r++) {
      float sum = 0;
      for (uint32_t k = 0; k < PRODUCT_STEPS; k++) sum += rows[r][k] * column[k];
      float& value = sums[j / 2][2 * r + j % 2];
      value = product.isUnseen ? NAN : product.isSum ? value + sum : sum;
    }
  }
}

}  // namespace host

inline uint64_t sharedAddress(const void* start) {
  return static_cast<uint64_t>(static_cast<const char*>(start) - static_cast<const char*>(host::dynamicSharedMemory()));
}

inline void showToProducts() { host::showCopies(); }
inline void beginProducts() {}
inline void endProducts() { host::commitProducts(); }

template <int GROUPS, uint32_t TILES>
void waitForProducts(float (&)[TILES][4]) {
  host::waitForProducts(GROUPS);
}

template <class T, bool A_ALONG_K, bool B_ALONG_K, uint32_t TILES>
void multiplyTiles(float (&sums)[TILES][4], uint64_t a, uint64_t b, bool isSum) {
  host::deferProduct(host::multiplyOwn<T, A_ALONG_K, B_ALONG_K, TILES>, {&sums, a, b, isSum, host::hasUnseenCopies()});
}
