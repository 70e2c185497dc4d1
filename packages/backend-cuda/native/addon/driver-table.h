#pragma once
#include <string>

#include "../driver.h"

namespace cuda {

/** A loaded driver: its functions by their symbols' names. */
struct Driver {
#define DECLARE_POINTER(name, parameters) CUresult(*name) parameters = nullptr;
  CUDA_FUNCTIONS(DECLARE_POINTER)
  CUDA_OPTIONAL_FUNCTIONS(DECLARE_POINTER)
#undef DECLARE_POINTER

  /** @throws Failure with CUDA's name and text unless `result` is success. */
  void check(CUresult result, const char* call) const;
};

}  // namespace cuda

using cuda::Driver;

/** Calls a driver function; throws what it reports. */
#define CUDA_CALL(driver, function, ...) (driver).check((driver).function(__VA_ARGS__), #function)

/**
 * The driver in the library `path`, `libcuda.so.1` where it is empty: loaded and initialised once in a process, never unloaded.
 * @throws Failure NO_DRIVER if there is none, or one that is too old.
 */
const Driver& driverAt(const std::string& path);
