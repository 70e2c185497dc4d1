// Memory and copies. A copy is done when its call returns.
#include <cstdlib>
#include <cstring>

#include "state.h"

namespace cuda {
namespace {

/** As CUDA's allocators align. */
constexpr size_t ALIGNMENT = 256;
/** Four of them make a NaN: memory that is read before it is written shows. */
constexpr int GARBAGE = 0xff;

CUresult copyBytes(void* to, const void* from, size_t bytes, bool isAllowed) {
  if (const CUresult problem = usable()) return problem;
  if (!isAllowed) return ERROR_INVALID_VALUE;
  std::memmove(to, from, bytes);
  return SUCCESS;
}

}  // namespace

bool isDeviceMemory(State& state, CUdeviceptr from, size_t bytes) {
  for (const ContextState& context : state.contexts) {
    const auto after = context.allocations.upper_bound(from);
    if (after == context.allocations.begin()) continue;
    const auto& [address, size] = *std::prev(after);
    if (from - address <= size && bytes <= size - (from - address)) return true;
  }
  return false;
}

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  if (bytes == 0) return ERROR_INVALID_VALUE;
  void* memory = nullptr;
  if (bytes > current->limitBytes - current->usedBytes || posix_memalign(&memory, ALIGNMENT, bytes) != 0)
    return ERROR_OUT_OF_MEMORY;
  std::memset(memory, GARBAGE, bytes);
  *address = reinterpret_cast<CUdeviceptr>(memory);
  current->allocations.emplace(*address, bytes);
  current->usedBytes += bytes;
  return SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  const auto found = current->allocations.find(address);
  if (found == current->allocations.end()) return ERROR_INVALID_VALUE;
  current->usedBytes -= found->second;
  current->allocations.erase(found);
  free(hostPointer(address));
  return SUCCESS;
}

CUresult cuMemAllocAsync(CUdeviceptr* address, size_t bytes, CUstream stream) {
  Locked host;
  return host->streams.has(stream) ? cuMemAlloc_v2(address, bytes) : ERROR_INVALID_HANDLE;
}

CUresult cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
  Locked host;
  return host->streams.has(stream) ? cuMemFree_v2(address) : ERROR_INVALID_HANDLE;
}

CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  *total = current->limitBytes;
  *free = current->limitBytes - current->usedBytes;
  return SUCCESS;
}

CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  if (posix_memalign(memory, ALIGNMENT, bytes) != 0) return ERROR_OUT_OF_MEMORY;
  host->pinned.insert(*memory);
  return SUCCESS;
}

CUresult cuMemFreeHost(void* memory) {
  Locked host;
  if (host->pinned.erase(memory) == 0) return ERROR_INVALID_VALUE;
  free(memory);
  return SUCCESS;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  Locked host;
  if (!host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  return copyBytes(hostPointer(to), from, bytes, isDeviceMemory(*host, to, bytes));
}

CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Locked host;
  if (!host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  return copyBytes(to, hostPointer(from), bytes, isDeviceMemory(*host, from, bytes));
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Locked host;
  if (!host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  const bool isAllowed = isDeviceMemory(*host, to, bytes) && isDeviceMemory(*host, from, bytes);
  return copyBytes(hostPointer(to), hostPointer(from), bytes, isAllowed);
}

CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, size_t bytes,
                           CUstream stream) {
  Locked host;
  if (!toContext || !fromContext) return ERROR_INVALID_CONTEXT;
  return cuMemcpyDtoDAsync_v2(to, from, bytes, stream);
}

// Pools are the allocator above: what is freed is free.
CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice) {
  *pool = nullptr;
  return SUCCESS;
}
CUresult cuMemPoolSetAttribute(CUmemoryPool, int, void*) { return SUCCESS; }
CUresult cuMemPoolSetAccess(CUmemoryPool, const CUmemAccessDesc*, size_t) { return SUCCESS; }

}  // namespace cuda
