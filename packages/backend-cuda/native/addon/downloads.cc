#include "downloads.h"

namespace {

/** Kept for the next reads, all together: pinned memory is everybody's loss. */
constexpr size_t MAX_IDLE_BYTES = 64 << 20;

/** Powers of two: 64 KiB serve all small reads. */
size_t capacityFor(size_t bytes) {
  if (bytes == 0) return 0;
  size_t capacity = 64 << 10;
  while (capacity < bytes) capacity *= 2;
  return capacity;
}

void destroy(const Driver& driver, const Download& download) {
  if (download.done) driver.cuEventDestroy_v2(download.done);
  if (download.host) driver.cuMemFreeHost(download.host);
}

}  // namespace

Downloads::~Downloads() {
  for (const auto& [capacity, download] : idle_) destroy(context_.driver, download);
}

Download Downloads::begin(cuda::CUdeviceptr from, size_t bytes) {
  const Driver& driver = context_.driver;
  const Download download = take(bytes);
  try {
    if (bytes > 0) CUDA_CALL(driver, cuMemcpyDtoHAsync_v2, download.host, from, bytes, context_.stream);
    CUDA_CALL(driver, cuEventRecord, download.done, context_.stream);
  } catch (...) {
    end(download);
    throw;
  }
  return download;
}

void Downloads::wait(const Download& download) const {
  context_.use();
  CUDA_CALL(context_.driver, cuEventSynchronize, download.done);
}

void Downloads::end(const Download& download) {
  std::lock_guard lock(mutex_);
  if (idleBytes_ + download.capacity > MAX_IDLE_BYTES) return destroy(context_.driver, download);
  idleBytes_ += download.capacity;
  idle_.emplace(download.capacity, download);
}

Download Downloads::take(size_t bytes) {
  Download download;
  download.capacity = capacityFor(bytes);
  {
    std::lock_guard lock(mutex_);
    const auto found = idle_.find(download.capacity);
    if (found != idle_.end()) {
      download = found->second;
      idleBytes_ -= download.capacity;
      idle_.erase(found);
      return download;
    }
  }
  const Driver& driver = context_.driver;
  download.done = context_.createEvent(cuda::EVENT_DISABLE_TIMING | cuda::EVENT_BLOCKING_SYNC);
  try {
    void* host = nullptr;
    if (bytes > 0) CUDA_CALL(driver, cuMemHostAlloc, &host, download.capacity, cuda::MEMHOSTALLOC_PORTABLE);
    download.host = static_cast<char*>(host);
  } catch (...) {
    destroy(driver, download);
    throw;
  }
  return download;
}
