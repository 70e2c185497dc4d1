#pragma once
#include <string>
#include <vector>

#include "driver-table.h"

/** What is known of a GPU without opening it. */
struct DeviceInfo {
  std::string name;
  size_t totalBytes = 0;
  int driverVersion = 0;
  int computeMajor = 0;
  int computeMinor = 0;
  int multiprocessors = 0;
  int threadsPerMultiprocessor = 0;
  int sharedBytesPerBlock = 0;
  int l2Bytes = 0;
  int clockKilohertz = 0;
  int memoryClockKilohertz = 0;
  int memoryBusBits = 0;
  bool hasMemoryPools = false;
};

/** Every GPU of the driver, in its order. */
std::vector<DeviceInfo> listDevices(const Driver& driver);

/** The primary context of a GPU, and one stream, in which everything happens in call order. Move it nowhere. */
class Context {
 public:
  Context(const Driver& driver, int ordinal);
  ~Context();
  Context(const Context&) = delete;

  /** Makes it the calling thread's: to be called before any driver function that needs one. */
  void use() const { CUDA_CALL(driver, cuCtxSetCurrent, context); }
  cuda::CUevent createEvent(unsigned flags) const;
  /** Gives the system what has been freed. Waits for the work that still used it. */
  void trim() const;
  /** Lets `other`'s GPU reach this one's memory, where the hardware can; copies work without, more slowly. */
  void letIn(const Context& other);

  const Driver& driver;
  const int ordinal;
  cuda::CUdevice device = 0;
  cuda::CUcontext context = nullptr;
  cuda::CUstream stream = nullptr;
  DeviceInfo info;

 private:
  std::vector<int> letIn_;
};
