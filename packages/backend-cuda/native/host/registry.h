#pragma once
#include <string>

#include "block.h"

namespace host {

/** A kernel that is compiled into this library. */
struct RegisteredKernel {
  /** The `.cu` file's name without its ending. */
  std::string module;
  std::string name;
  size_t paramsBytes;
  int maxThreads;
  KernelFunction function;
};

/** Makes the kernel of a `KERNEL` known when the library is loaded. */
struct Registration {
  Registration(const char* file, const char* name, size_t paramsBytes, int maxThreads, KernelFunction function);
};

/** True if some kernel is of `module`. */
bool hasModule(const std::string& module);
/** Null if there is none. */
const RegisteredKernel* findKernel(const std::string& module, const std::string& name);

}  // namespace host
