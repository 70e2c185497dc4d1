#pragma once
#include <functional>

#include "../driver.h"

// What the test libraries (native/host/cublaslt, native/host/cudnn) need of the test driver: they are linked to it.
namespace host {

#define VISIBLE __attribute__((visibility("default")))

/** Does `work` in the stream's order, or records it. */
VISIBLE cuda::CUresult doWork(cuda::CUstream stream, std::function<void()> work);
/** True if all of the bytes belong to one allocation of a device. */
VISIBLE bool isDeviceMemory(const void* from, size_t bytes);
/** True if the calling thread has a context that works. */
VISIBLE bool hasContext();

}  // namespace host
