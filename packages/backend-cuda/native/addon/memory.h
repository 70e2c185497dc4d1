#pragma once
#include "context.h"
#include "handles.h"
#include "staging.h"

struct Allocation {
  cuda::CUdeviceptr address = 0;
  size_t bytes = 0;
};

/** Device memory by number, and copies into and inside it. All of it in the stream's order. */
class Memory {
 public:
  explicit Memory(Context& context) : context_(context), staging_(context) {}
  ~Memory();

  uint64_t allocate(size_t bytes);
  void release(uint64_t id);
  /** Where the bytes [offset, offset + bytes) of a buffer lie. @throws Failure if it has fewer. */
  cuda::CUdeviceptr range(uint64_t id, size_t offset, size_t bytes);
  void write(uint64_t id, size_t offset, const char* from, size_t bytes);
  /** Copies between ranges of `range`, from another device too: behind the work of both, and before what either does next. */
  void copy(cuda::CUdeviceptr to, Context& fromContext, cuda::CUdeviceptr from, size_t bytes);

 private:
  void copyFromPeer(cuda::CUdeviceptr to, Context& fromContext, cuda::CUdeviceptr from, size_t bytes);
  void release(const Allocation& allocation);

  Context& context_;
  Staging staging_;
  Handles<Allocation> allocations_{"buffer"};
};
