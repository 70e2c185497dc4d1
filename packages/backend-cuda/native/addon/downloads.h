#pragma once
#include <map>
#include <mutex>
#include <vector>

#include "context.h"

/** A copy to the host on its way: pinned memory, and an event behind the copy. */
struct Download {
  char* host = nullptr;
  /** Of the block, not of the copy. */
  size_t capacity = 0;
  cuda::CUevent done = nullptr;
};

/** Pinned memory and events for reads. Reads begin on JavaScript's thread and end on the one that waits. */
class Downloads {
 public:
  explicit Downloads(const Context& context) : context_(context) {}
  ~Downloads();

  /** Queues the copy of `bytes` bytes; 0 bytes make a mark that can be waited for. */
  Download begin(cuda::CUdeviceptr from, size_t bytes);
  /** Blocks the calling thread until the copy is there. */
  void wait(const Download& download) const;
  void end(const Download& download);

 private:
  Download take(size_t bytes);

  const Context& context_;
  std::mutex mutex_;
  std::multimap<size_t, Download> idle_;
  size_t idleBytes_ = 0;
};
