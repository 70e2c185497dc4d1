#include "allocate.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace host {
namespace {

/** As CUDA's allocators align. */
constexpr size_t ALIGNMENT = 256;
/** Four of them make a NaN. */
constexpr int GARBAGE = 0xff;

/**
 * From here on blocks are pages of their own, which go back to the system when they are freed. In the C library's heap, between what JavaScript
 * allocates, they would leave holes: gigabytes after some dozens of models. AddressSanitizer watches the heap only.
 */
#ifdef __SANITIZE_ADDRESS__
constexpr size_t LARGE_BYTES = SIZE_MAX;
#else
constexpr size_t LARGE_BYTES = 64 << 10;
#endif

void* reserve(size_t bytes) {
  void* memory = nullptr;
  if (bytes < LARGE_BYTES) return posix_memalign(&memory, ALIGNMENT, bytes) == 0 ? memory : nullptr;
  memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

void* allocate(size_t bytes) {
  void* memory = reserve(bytes);
  if (memory) std::memset(memory, GARBAGE, bytes);
  return memory;
}

void release(void* memory, size_t bytes) {
  if (bytes < LARGE_BYTES) free(memory);
  else munmap(memory, bytes);
}

}  // namespace host
