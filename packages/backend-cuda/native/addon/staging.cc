#include "staging.h"

#include <algorithm>
#include <cstring>

namespace {
constexpr size_t BLOCK_BYTES = 4 << 20;
/** 64 MiB in flight: past that the GPU is behind by more than it gains from. */
constexpr size_t MAX_BLOCKS = 16;
/** Copies begin at cache lines. */
constexpr size_t ALIGNMENT = 64;
}  // namespace

Staging::~Staging() {
  for (const auto& block : blocks_) {
    context_.driver.cuEventDestroy_v2(block->read);
    context_.driver.cuMemFreeHost(block->host);
  }
}

void Staging::upload(cuda::CUdeviceptr to, const char* from, size_t bytes) {
  const Driver& driver = context_.driver;
  for (size_t done = 0; done < bytes;) {
    Block& block = blockWithRoom();
    const size_t part = std::min(bytes - done, BLOCK_BYTES - block.used);
    char* host = block.host + block.used;
    std::memcpy(host, from + done, part);
    CUDA_CALL(driver, cuMemcpyHtoDAsync_v2, to + done, host, part, context_.stream);
    done += part;
    block.used += (part + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (block.used >= BLOCK_BYTES) CUDA_CALL(driver, cuEventRecord, block.read, context_.stream);
  }
}

/** The current block, or where that is full the next that the GPU is done with. */
Staging::Block& Staging::blockWithRoom() {
  if (blocks_.empty()) return addBlock();
  if (blocks_[current_]->used < BLOCK_BYTES) return *blocks_[current_];
  const Driver& driver = context_.driver;
  Block& oldest = *blocks_[(current_ + 1) % blocks_.size()];
  const cuda::CUresult state = driver.cuEventQuery(oldest.read);
  if (state == cuda::ERROR_NOT_READY && blocks_.size() < MAX_BLOCKS) return addBlock();
  if (state == cuda::ERROR_NOT_READY) CUDA_CALL(driver, cuEventSynchronize, oldest.read);
  else driver.check(state, "cuEventQuery");
  current_ = (current_ + 1) % blocks_.size();
  oldest.used = 0;
  return oldest;
}

/** A new block behind the current one. */
Staging::Block& Staging::addBlock() {
  auto block = std::make_unique<Block>();
  block->read = context_.createEvent(cuda::EVENT_DISABLE_TIMING | cuda::EVENT_BLOCKING_SYNC);
  void* host = nullptr;
  const cuda::CUresult result = context_.driver.cuMemHostAlloc(&host, BLOCK_BYTES, cuda::MEMHOSTALLOC_PORTABLE);
  if (result != cuda::SUCCESS) context_.driver.cuEventDestroy_v2(block->read);
  context_.driver.check(result, "cuMemHostAlloc");
  block->host = static_cast<char*>(host);
  current_ = blocks_.empty() ? 0 : current_ + 1;
  return **blocks_.insert(blocks_.begin() + static_cast<long>(current_), std::move(block));
}
