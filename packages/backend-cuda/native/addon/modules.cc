#include "modules.h"

Modules::~Modules() {
  modules_.clear([this](cuda::CUmodule module) { context_.driver.cuModuleUnload(module); });
}

uint64_t Modules::load(const char* image, size_t bytes) {
  // The driver finds an image's end by itself: in text by a zero, which binaries have anyway.
  const std::string ended(image, bytes);
  cuda::CUmodule module = nullptr;
  CUDA_CALL(context_.driver, cuModuleLoadData, &module, ended.c_str());
  return modules_.add(module);
}

std::pair<uint64_t, const Kernel&> Modules::find(uint64_t module, const std::string& name) {
  const Driver& driver = context_.driver;
  Kernel kernel;
  kernel.name = name;
  CUDA_CALL(driver, cuModuleGetFunction, &kernel.function, modules_.get(module), name.c_str());
  kernel.maxThreads = attribute(kernel.function, cuda::MAX_THREADS_PER_BLOCK);
  kernel.registers = attribute(kernel.function, cuda::NUM_REGS);
  kernel.localBytes = attribute(kernel.function, cuda::LOCAL_SIZE_BYTES);
  kernel.staticSharedBytes = attribute(kernel.function, cuda::SHARED_SIZE_BYTES);
  kernel.sharedLimit = cuda::SHARED_BYTES - static_cast<unsigned>(kernel.staticSharedBytes);
  size_t offset = 0;
  if (driver.cuFuncGetParamInfo) CUDA_CALL(driver, cuFuncGetParamInfo, kernel.function, 0, &offset, &kernel.paramsBytes);
  const uint64_t id = kernels_.add(kernel);
  return {id, kernels_.get(id)};
}

void Modules::allowShared(Kernel& kernel, unsigned bytes) const {
  if (bytes <= kernel.sharedLimit) return;
  const int most = context_.info.sharedBytesPerBlock - kernel.staticSharedBytes;
  if (bytes > static_cast<unsigned>(most))
    throw badArgument(kernel.name + ": " + std::to_string(bytes) + " bytes of dynamic shared memory, at most " +
                      std::to_string(most));
  CUDA_CALL(context_.driver, cuFuncSetAttribute, kernel.function, cuda::MAX_DYNAMIC_SHARED_SIZE_BYTES,
            static_cast<int>(bytes));
  kernel.sharedLimit = bytes;
}

int Modules::attribute(cuda::CUfunction function, int which) const {
  int value = 0;
  CUDA_CALL(context_.driver, cuFuncGetAttribute, &value, which, function);
  return value;
}
