#include "work.h"

#include "state.h"

namespace host {

cuda::CUresult doWork(cuda::CUstream stream, std::function<void()> work) {
  cuda::Locked driver;
  if (!driver->streams.has(stream)) return cuda::ERROR_INVALID_HANDLE;
  return cuda::enqueue(stream, {nullptr, {}, {}, std::move(work)});
}

bool isDeviceMemory(const void* from, size_t bytes) {
  cuda::Locked driver;
  return cuda::isDeviceMemory(*driver, reinterpret_cast<cuda::CUdeviceptr>(from), bytes);
}

bool hasContext() {
  cuda::Locked driver;
  return cuda::usable() == cuda::SUCCESS;
}

}  // namespace host
