#pragma once
#include <memory>
#include <vector>

#include "context.h"

/**
 * Pinned memory that bytes of the host pass through on their way to the GPU: the caller's array is free at once, and the copy
 * waits for nobody. Blocks are used in turn, each again when the GPU has read it; only when all are full does the host wait.
 */
class Staging {
 public:
  explicit Staging(const Context& context) : context_(context) {}
  ~Staging();

  /** Copies `bytes` bytes at `from` to `to`, behind all work queued so far. */
  void upload(cuda::CUdeviceptr to, const char* from, size_t bytes);

 private:
  struct Block {
    char* host = nullptr;
    size_t used = 0;
    /** Recorded behind the last copy out of the block. */
    cuda::CUevent read = nullptr;
  };

  Block& blockWithRoom();
  Block& addBlock();

  const Context& context_;
  /** In the order of use, from `current_` around: the one behind it is the oldest. */
  std::vector<std::unique_ptr<Block>> blocks_;
  size_t current_ = 0;
};
