#include "memory.h"

namespace {

/** JavaScript's numbers are exact up to here; no GPU of today has addresses beyond. */
constexpr cuda::CUdeviceptr MAX_ADDRESS = 1ull << 53;

/** Lets `later` wait for all that `earlier` has queued. Both belong to the current context's driver. */
void order(const Context& earlier, const Context& later) {
  earlier.use();
  const cuda::CUevent event = earlier.createEvent(cuda::EVENT_DISABLE_TIMING);
  const Driver& driver = earlier.driver;
  const cuda::CUresult recorded = driver.cuEventRecord(event, earlier.stream);
  later.use();
  const cuda::CUresult waits = driver.cuStreamWaitEvent(later.stream, event, 0);
  // The driver keeps it until nobody waits for it.
  driver.cuEventDestroy_v2(event);
  driver.check(recorded, "cuEventRecord");
  driver.check(waits, "cuStreamWaitEvent");
}

}  // namespace

Memory::~Memory() {
  allocations_.clear([this](const Allocation& allocation) {
    if (context_.info.hasMemoryPools) context_.driver.cuMemFreeAsync(allocation.address, context_.stream);
    else context_.driver.cuMemFree_v2(allocation.address);
  });
}

uint64_t Memory::allocate(size_t bytes) {
  if (bytes == 0) throw badArgument("a buffer must have bytes, got 0");
  const Driver& driver = context_.driver;
  Allocation allocation{0, bytes};
  if (context_.info.hasMemoryPools) CUDA_CALL(driver, cuMemAllocAsync, &allocation.address, bytes, context_.stream);
  else CUDA_CALL(driver, cuMemAlloc_v2, &allocation.address, bytes);
  if (allocation.address < MAX_ADDRESS) return allocations_.add(allocation);
  release(allocation);
  throw Failure("ADDRESS_TOO_HIGH", "the driver gave an address past 2^53", "cuMemAllocAsync");
}

void Memory::release(uint64_t id) { release(allocations_.take(id)); }

void Memory::release(const Allocation& allocation) {
  const Driver& driver = context_.driver;
  if (context_.info.hasMemoryPools) CUDA_CALL(driver, cuMemFreeAsync, allocation.address, context_.stream);
  else CUDA_CALL(driver, cuMemFree_v2, allocation.address);
}

cuda::CUdeviceptr Memory::range(uint64_t id, size_t offset, size_t bytes) {
  const Allocation& allocation = allocations_.get(id);
  if (offset > allocation.bytes || bytes > allocation.bytes - offset)
    throw badArgument("bytes [" + std::to_string(offset) + ", " + std::to_string(offset + bytes) + ") of buffer " +
                      std::to_string(id) + ", which has " + std::to_string(allocation.bytes));
  return allocation.address + offset;
}

void Memory::write(uint64_t id, size_t offset, const char* from, size_t bytes) {
  staging_.upload(range(id, offset, bytes), from, bytes);
}

void Memory::copy(cuda::CUdeviceptr to, Context& fromContext, cuda::CUdeviceptr from, size_t bytes) {
  if (bytes == 0) return;
  if (&fromContext == &context_) CUDA_CALL(context_.driver, cuMemcpyDtoDAsync_v2, to, from, bytes, context_.stream);
  else copyFromPeer(to, fromContext, from, bytes);
}

void Memory::copyFromPeer(cuda::CUdeviceptr to, Context& fromContext, cuda::CUdeviceptr from, size_t bytes) {
  fromContext.letIn(context_);
  context_.letIn(fromContext);
  order(fromContext, context_);
  CUDA_CALL(context_.driver, cuMemcpyPeerAsync, to, context_.context, from, fromContext.context, bytes, context_.stream);
  order(context_, fromContext);
}
