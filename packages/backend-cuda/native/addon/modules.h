#pragma once
#include <vector>

#include "context.h"
#include "handles.h"

/** A kernel, ready to be launched, and what the compiler made of it. */
struct Kernel {
  std::string name;
  cuda::CUfunction function = nullptr;
  int maxThreads = 0;
  int registers = 0;
  int localBytes = 0;
  int staticSharedBytes = 0;
  /** Bytes of its one argument; 0 where the driver is too old to say. */
  size_t paramsBytes = 0;
  /** Dynamic shared memory that a launch may have; raised where one asks for more. */
  unsigned sharedLimit = 0;
};

/** Loaded fatbins and their kernels, by number. */
class Modules {
 public:
  explicit Modules(const Context& context) : context_(context) {}
  ~Modules();

  uint64_t load(const char* image, size_t bytes);
  /** The kernel `name` of a module; its number and what is known of it. */
  std::pair<uint64_t, const Kernel&> find(uint64_t module, const std::string& name);
  Kernel& kernel(uint64_t id) { return kernels_.get(id); }
  /** Makes room for launches with `bytes` of dynamic shared memory. */
  void allowShared(Kernel& kernel, unsigned bytes) const;

 private:
  int attribute(cuda::CUfunction function, int which) const;

  const Context& context_;
  Handles<cuda::CUmodule> modules_{"module"};
  Handles<Kernel> kernels_{"kernel"};
};
