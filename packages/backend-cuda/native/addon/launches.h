#pragma once
#include <vector>

#include "modules.h"

/** One launch of a batch; src/batch.ts writes the same layout. `paramsBytes` bytes follow, up to the next multiple of 8. */
struct LaunchHeader {
  uint32_t kernel;
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t sharedBytes;
  uint32_t paramsBytes;
  /** Keeps the params at a multiple of 8. */
  uint32_t zero;
};
static_assert(sizeof(LaunchHeader) == 40);

/** Many launches in one call, and launch lists that the GPU replays by itself. */
class Launches {
 public:
  Launches(const Context& context, Modules& modules) : context_(context), modules_(modules) {}
  ~Launches();

  /** Queues every launch of `batch` in order. */
  void launch(const char* batch, size_t bytes) { launchIn(context_.stream, batch, bytes); }
  /** Makes a CUDA graph of the launches, without running them. */
  uint64_t record(const char* batch, size_t bytes);
  void replay(uint64_t id);
  void release(uint64_t id);

 private:
  void launchIn(cuda::CUstream stream, const char* batch, size_t bytes);
  void launchOne(cuda::CUstream stream, const LaunchHeader& header, const char* params);

  const Context& context_;
  Modules& modules_;
  Handles<cuda::CUgraphExec> graphs_{"graph"};
};
