#include "registry.h"

#include <algorithm>
#include <deque>

namespace host {
namespace {

/** Built on first use: kernels register before this file's own statics may be there. Addresses stay. */
std::deque<RegisteredKernel>& kernels() {
  static std::deque<RegisteredKernel> all;
  return all;
}

std::string moduleOf(const std::string& file) {
  const size_t start = file.rfind('/') + 1;
  return file.substr(start, file.rfind('.') - start);
}

}  // namespace

Registration::Registration(const char* file, const char* name, size_t paramsBytes, int maxThreads, KernelFunction function) {
  kernels().push_back({moduleOf(file), name, paramsBytes, maxThreads, function});
}

bool hasModule(const std::string& module) {
  return std::any_of(kernels().begin(), kernels().end(), [&](const RegisteredKernel& kernel) { return kernel.module == module; });
}

const RegisteredKernel* findKernel(const std::string& module, const std::string& name) {
  for (const RegisteredKernel& kernel : kernels())
    if (kernel.module == module && kernel.name == name) return &kernel;
  return nullptr;
}

}  // namespace host
