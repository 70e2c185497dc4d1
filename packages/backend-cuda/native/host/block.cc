#include "block.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "device-host.h"
#include "fiber.h"
#include "schedule.h"
#include "threads.h"

Dim3 threadIdx;
Dim3 blockIdx;
Dim3 blockDim;
Dim3 gridDim;

namespace host {
namespace {

/** As the kernels ask for it: DYNAMIC_SHARED. */
constexpr size_t SHARED_ALIGNMENT = 1024;
/** Four of them make a NaN: memory that is read before it is written shows. */
constexpr int GARBAGE = 0xff;

struct SharedMemory {
  explicit SharedMemory(size_t bytes) : bytes(bytes) {
    if (posix_memalign(&memory, SHARED_ALIGNMENT, std::max<size_t>(bytes, 1)) != 0) throw std::bad_alloc();
  }
  ~SharedMemory() { free(memory); }
  SharedMemory(const SharedMemory&) = delete;

  void* memory = nullptr;
  size_t bytes;
};

SharedMemory* shared = nullptr;

}  // namespace

bool runGrid(KernelFunction kernel, const void* params, const Grid& grid) {
  SharedMemory memory(grid.sharedBytes);
  shared = &memory;
  gridDim = grid.grid;
  blockDim = grid.block;
  Schedule schedule = Schedule::fromEnvironment();
  const uint64_t blocks = static_cast<uint64_t>(gridDim.x) * gridDim.y * gridDim.z;
  for (uint64_t turn = 0; turn < blocks; turn++) {
    const uint64_t block = schedule.block(turn, blocks);
    const uint64_t line = block / gridDim.x;
    blockIdx = {static_cast<uint32_t>(block % gridDim.x), static_cast<uint32_t>(line % gridDim.y),
                static_cast<uint32_t>(line / gridDim.y)};
    std::memset(memory.memory, GARBAGE, memory.bytes);
    if (!runThreads(kernel, params, schedule)) return false;
  }
  return true;
}

void* dynamicSharedMemory() { return shared->memory; }

}  // namespace host
