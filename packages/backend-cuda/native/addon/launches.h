#pragma once
#include <vector>

#include "../vendor/libraries.h"
#include "modules.h"

/** What an entry of a batch is. Only kernels have a grid. */
enum class LaunchKind : uint32_t {
  KERNEL,
  /** Of a library; its params are the addresses of its operands and of its workspace. */
  PLAN,
  /** Inside the device; its params are a CopyParams. */
  COPY,
};

/** One launch of a batch; src/batch.ts writes the same layout. `paramsBytes` bytes follow, up to the next multiple of 8. */
struct LaunchHeader {
  /** Of a kernel, or of a library's plan. */
  uint32_t number;
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t sharedBytes;
  uint32_t paramsBytes;
  LaunchKind kind;
};
static_assert(sizeof(LaunchHeader) == 40);

struct CopyParams {
  uint64_t to;
  uint64_t from;
  uint64_t bytes;
};

/** Many launches in one call, and launch lists that the GPU replays by itself. */
class Launches {
 public:
  Launches(const Context& context, Modules& modules, Libraries& libraries)
      : context_(context), modules_(modules), libraries_(libraries) {}
  ~Launches();

  /** Queues every launch of `batch` in order. */
  void launch(const char* batch, size_t bytes) { launchIn(context_.stream, batch, bytes, nullptr); }
  /** Makes a CUDA graph of the launches, without running them. */
  uint64_t record(const char* batch, size_t bytes);
  void replay(uint64_t id);
  void release(uint64_t id);

 private:
  using Plans = std::vector<std::shared_ptr<LibraryPlan>>;

  /** A recorded batch, and the plans it needs as long as it lives. */
  struct Graph {
    cuda::CUgraphExec exec;
    Plans plans;
  };

  /** `used`, where it is given, gets the plans of the batch. */
  void launchIn(cuda::CUstream stream, const char* batch, size_t bytes, Plans* used);
  void copyOne(cuda::CUstream stream, const LaunchHeader& header, const char* params);
  void launchOne(cuda::CUstream stream, const LaunchHeader& header, const char* params);
  void runPlan(cuda::CUstream stream, const LaunchHeader& header, const char* params, Plans* used);

  const Context& context_;
  Modules& modules_;
  Libraries& libraries_;
  Handles<Graph> graphs_{"graph"};
};
