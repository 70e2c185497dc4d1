// Memory and copies. A copy is done when its call returns.
#include <algorithm>
#include <cstring>

#include "allocate.h"
#include "state.h"

namespace cuda {
namespace {

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

CUresult runCopy(const CopyNode& copy) {
  Locked host;
  const bool isAllowed = isDeviceMemory(*host, copy.to, copy.bytes) && isDeviceMemory(*host, copy.from, copy.bytes);
  return copyBytes(hostPointer(copy.to), hostPointer(copy.from), copy.bytes, isAllowed);
}

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  if (bytes == 0) return ERROR_INVALID_VALUE;
  void* memory = bytes > current->limitBytes - current->usedBytes ? nullptr : host::allocate(bytes);
  if (!memory) return ERROR_OUT_OF_MEMORY;
  *address = reinterpret_cast<CUdeviceptr>(memory);
  current->allocations.emplace(*address, bytes);
  current->usedBytes += bytes;
  current->reservedBytes = std::max(current->reservedBytes, current->usedBytes);
  return SUCCESS;
}

CUresult cuMemFree_v2(CUdeviceptr address) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  const auto found = current->allocations.find(address);
  if (found == current->allocations.end()) return ERROR_INVALID_VALUE;
  current->usedBytes -= found->second;
  host::release(hostPointer(address), found->second);
  current->allocations.erase(found);
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
  *free = current->limitBytes - current->reservedBytes;
  return SUCCESS;
}

CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  *memory = host::allocate(bytes);
  if (!*memory) return ERROR_OUT_OF_MEMORY;
  host->pinned.emplace(*memory, bytes);
  return SUCCESS;
}

CUresult cuMemFreeHost(void* memory) {
  Locked host;
  const auto found = host->pinned.find(memory);
  if (found == host->pinned.end()) return ERROR_INVALID_VALUE;
  host::release(memory, found->second);
  host->pinned.erase(found);
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
  const CopyNode copy{to, from, bytes};
  if (!stream->capture) return runCopy(copy);
  stream->capture->nodes.push_back({{}, copy});
  return SUCCESS;
}

CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, size_t bytes,
                           CUstream stream) {
  Locked host;
  if (!toContext || !fromContext) return ERROR_INVALID_CONTEXT;
  return cuMemcpyDtoDAsync_v2(to, from, bytes, stream);
}

// One pool a device, and all of its memory: what is freed seems to be used until the pool is trimmed, as CUDA's threshold is for ever here.
CUresult cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice device) {
  Locked host;
  *pool = reinterpret_cast<CUmemoryPool>(&host->contexts[device]);
  return SUCCESS;
}
CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t bytesToKeep) {
  Locked host;
  auto& context = *reinterpret_cast<ContextState*>(pool);
  context.reservedBytes = std::max(context.usedBytes, std::min(context.reservedBytes, bytesToKeep));
  return SUCCESS;
}
CUresult cuMemPoolSetAttribute(CUmemoryPool, int, void*) { return SUCCESS; }
CUresult cuMemPoolSetAccess(CUmemoryPool, const CUmemAccessDesc*, size_t) { return SUCCESS; }

}  // namespace cuda
