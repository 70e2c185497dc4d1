#pragma once
#include <cstddef>
#include <cstdint>

#include "../driver.h"

/** A product or a convolution of fixed shapes as a library will run it. */
class LibraryPlan {
 public:
  virtual ~LibraryPlan() = default;

  /** Queues it on `stream`, which may be one that records. Operands are addresses in the order of the plan's description. */
  virtual void run(cuda::CUstream stream, const cuda::CUdeviceptr* operands, cuda::CUdeviceptr workspace) = 0;

  size_t operands() const { return operands_; }
  /** Of the memory that a run needs beside its operands. */
  size_t workspaceBytes() const { return workspaceBytes_; }

 protected:
  size_t operands_ = 0;
  size_t workspaceBytes_ = 0;
};

inline void* pointer(cuda::CUdeviceptr address) { return reinterpret_cast<void*>(address); }
