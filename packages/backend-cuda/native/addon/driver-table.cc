#include "driver-table.h"

#include <dlfcn.h>

#include <map>
#include <mutex>

#include "failure.h"

namespace {

/** " of CUDA 11.2", where the library says so: it can before it is initialised. */
std::string versionOf(void* library) {
  const auto call = reinterpret_cast<decltype(Driver::cuDriverGetVersion)>(dlsym(library, "cuDriverGetVersion"));
  int version = 0;
  if (!call || call(&version) != cuda::SUCCESS) return "";
  return " of CUDA " + std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/** Only what CUDA 11.4 brought is older than the drivers that run our kernels; a missing symbol means one older still. */
Driver load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw Failure("NO_DRIVER", dlerror(), "dlopen");
  Driver driver;
#define FIND_OPTIONAL(name, parameters) \
  driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(library, #name));
#define FIND(name, parameters)   \
  FIND_OPTIONAL(name, parameters) \
  if (!driver.name) throw Failure("OLD_DRIVER", path + versionOf(library) + " has no " #name, "dlsym");
  CUDA_FUNCTIONS(FIND)
  CUDA_OPTIONAL_FUNCTIONS(FIND_OPTIONAL)
  CUDA_CALL(driver, cuInit, 0);
  return driver;
}

}  // namespace

void Driver::check(cuda::CUresult result, const char* call) const {
  if (result == cuda::SUCCESS) return;
  const char* name = nullptr;
  const char* text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  throw Failure(name ? name : "CUDA_ERROR_" + std::to_string(result), text ? text : "unknown error", call);
}

const Driver& driverAt(const std::string& path) {
  // Never destroyed: threads that wait for the device may still be there when the process ends.
  static auto* mutex = new std::mutex;
  static auto* loaded = new std::map<std::string, Driver>;
  const std::string library = path.empty() ? "libcuda.so.1" : path;
  std::lock_guard lock(*mutex);
  const auto known = loaded->find(library);
  // A library that fails is tried again next time: it may have been installed meanwhile.
  return known != loaded->end() ? known->second : loaded->emplace(library, load(library)).first->second;
}
