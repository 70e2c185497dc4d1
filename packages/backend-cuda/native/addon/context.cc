#include "context.h"

#include <algorithm>

#include "failure.h"

namespace {

DeviceInfo describe(const Driver& driver, cuda::CUdevice device) {
  const auto attribute = [&](int which) {
    int value = 0;
    CUDA_CALL(driver, cuDeviceGetAttribute, &value, which, device);
    return value;
  };
  DeviceInfo info;
  char name[256] = "";
  CUDA_CALL(driver, cuDeviceGetName, name, sizeof name, device);
  info.name = name;
  CUDA_CALL(driver, cuDeviceTotalMem_v2, &info.totalBytes, device);
  CUDA_CALL(driver, cuDriverGetVersion, &info.driverVersion);
  info.computeMajor = attribute(cuda::COMPUTE_CAPABILITY_MAJOR);
  info.computeMinor = attribute(cuda::COMPUTE_CAPABILITY_MINOR);
  info.multiprocessors = attribute(cuda::MULTIPROCESSOR_COUNT);
  info.threadsPerMultiprocessor = attribute(cuda::MAX_THREADS_PER_MULTIPROCESSOR);
  info.sharedBytesPerBlock = attribute(cuda::MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  info.l2Bytes = attribute(cuda::L2_CACHE_SIZE);
  info.clockKilohertz = attribute(cuda::CLOCK_RATE);
  info.memoryClockKilohertz = attribute(cuda::MEMORY_CLOCK_RATE);
  info.memoryBusBits = attribute(cuda::GLOBAL_MEMORY_BUS_WIDTH);
  info.hasMemoryPools = attribute(cuda::MEMORY_POOLS_SUPPORTED) != 0;
  return info;
}

int countDevices(const Driver& driver) {
  int count = 0;
  CUDA_CALL(driver, cuDeviceGetCount, &count);
  return count;
}

/** Freed memory stays with the process: taking it back from the system costs more than all else in an allocation. */
void keepFreed(const Driver& driver, cuda::CUdevice device) {
  cuda::CUmemoryPool pool = nullptr;
  CUDA_CALL(driver, cuDeviceGetDefaultMemPool, &pool, device);
  uint64_t bytes = UINT64_MAX;
  CUDA_CALL(driver, cuMemPoolSetAttribute, pool, cuda::MEMPOOL_ATTR_RELEASE_THRESHOLD, &bytes);
}

}  // namespace

std::vector<DeviceInfo> listDevices(const Driver& driver) {
  std::vector<DeviceInfo> infos;
  for (int ordinal = 0; ordinal < countDevices(driver); ordinal++) {
    cuda::CUdevice device = 0;
    CUDA_CALL(driver, cuDeviceGet, &device, ordinal);
    infos.push_back(describe(driver, device));
  }
  return infos;
}

Context::Context(const Driver& driver, int ordinal) : driver(driver), ordinal(ordinal) {
  const int count = countDevices(driver);
  if (ordinal < 0 || ordinal >= count)
    throw Failure("NO_DEVICE", "GPU " + std::to_string(ordinal) + " of " + std::to_string(count));
  CUDA_CALL(driver, cuDeviceGet, &device, ordinal);
  info = describe(driver, device);
  CUDA_CALL(driver, cuDevicePrimaryCtxRetain, &context, device);
  try {
    use();
    if (info.hasMemoryPools) keepFreed(driver, device);
    CUDA_CALL(driver, cuStreamCreate, &stream, cuda::STREAM_NON_BLOCKING);
  } catch (...) {
    driver.cuDevicePrimaryCtxRelease_v2(device);
    throw;
  }
}

Context::~Context() {
  driver.cuStreamDestroy_v2(stream);
  driver.cuDevicePrimaryCtxRelease_v2(device);
}

cuda::CUevent Context::createEvent(unsigned flags) const {
  cuda::CUevent event = nullptr;
  CUDA_CALL(driver, cuEventCreate, &event, flags);
  return event;
}

void Context::trim() const {
  CUDA_CALL(driver, cuStreamSynchronize, stream);
  if (!info.hasMemoryPools) return;
  cuda::CUmemoryPool pool = nullptr;
  CUDA_CALL(driver, cuDeviceGetDefaultMemPool, &pool, device);
  CUDA_CALL(driver, cuMemPoolTrimTo, pool, 0);
}

void Context::letIn(const Context& other) {
  if (other.ordinal == ordinal || std::find(letIn_.begin(), letIn_.end(), other.ordinal) != letIn_.end()) return;
  letIn_.push_back(other.ordinal);
  int can = 0;
  CUDA_CALL(driver, cuDeviceCanAccessPeer, &can, other.device, device);
  if (!can) return;
  other.use();
  const cuda::CUresult enabled = driver.cuCtxEnablePeerAccess(context, 0);
  // Another thread of this process opened the same two.
  if (enabled != cuda::ERROR_PEER_ACCESS_ALREADY_ENABLED) driver.check(enabled, "cuCtxEnablePeerAccess");
  if (!info.hasMemoryPools) return;
  cuda::CUmemoryPool pool = nullptr;
  CUDA_CALL(driver, cuDeviceGetDefaultMemPool, &pool, device);
  const cuda::CUmemAccessDesc access{cuda::MEM_LOCATION_TYPE_DEVICE, other.device, cuda::MEM_ACCESS_FLAGS_PROT_READWRITE};
  CUDA_CALL(driver, cuMemPoolSetAccess, pool, &access, 1);
}
