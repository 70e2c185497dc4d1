#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "../driver.h"
#include "registry.h"

namespace cuda {

#define DECLARE(name, parameters) extern "C" __attribute__((visibility("default"))) CUresult name parameters;
CUDA_FUNCTIONS(DECLARE)
CUDA_OPTIONAL_FUNCTIONS(DECLARE)
#undef DECLARE

/** A pretended GPU and its primary context, which are one here. Each buffer is an allocation of its own on the host. */
struct ContextState {
  int ordinal;
  int retained = 0;
  size_t limitBytes = 0;
  size_t usedBytes = 0;
  /** What the pool has taken and not given back: at least `usedBytes`. */
  size_t reservedBytes = 0;
  /** Set by a kernel that failed: every later call reports it, as CUDA's contexts do. */
  CUresult fault = SUCCESS;
  /** Launches since the context was made. */
  uint64_t launches = 0;
  std::map<CUdeviceptr, size_t> allocations{};
};

struct LaunchNode {
  const host::RegisteredKernel* kernel;
  host::Grid grid;
  std::vector<char> params;
  /** In a kernel's place: what a library does. */
  std::function<void()> work{};
};

/** A copy inside a device. */
struct CopyNode {
  CUdeviceptr to;
  CUdeviceptr from;
  size_t bytes;
};

/** One of the two: a launch with neither a kernel nor work is a copy. */
struct Node {
  LaunchNode launch;
  CopyNode copy;
};

struct GraphState {
  std::vector<Node> nodes;
};
struct GraphExecState {
  std::vector<Node> nodes;
};

using Moment = std::chrono::steady_clock::time_point;

struct StreamState {
  ContextState* context;
  /** When its last event seems to be done. */
  Moment end;
  /** Set while launches are recorded instead of run. */
  std::unique_ptr<GraphState> capture;
};

struct EventState {
  bool hasTiming;
  bool isRecorded = false;
  /** When it passed, or will seem to. */
  Moment time;
};

struct ModuleState {
  std::string name;
};

struct FunctionState {
  const host::RegisteredKernel* kernel;
  ModuleState* module;
  int maxSharedBytes = SHARED_BYTES;
};

/** Objects that a handle may name. */
template <class T>
class Live {
 public:
  T* add(std::unique_ptr<T> object) {
    T* handle = object.get();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  bool has(T* handle) const { return objects_.count(handle) != 0; }
  bool erase(T* handle) { return objects_.erase(handle) != 0; }
  template <class Condition>
  void eraseIf(Condition condition) {
    for (auto at = objects_.begin(); at != objects_.end();) at = condition(*at->second) ? objects_.erase(at) : std::next(at);
  }

 private:
  std::map<T*, std::unique_ptr<T>> objects_;
};

/** Everything of the driver. One thread at a time is in it, so one kernel at a time runs. */
struct State {
  std::recursive_mutex mutex;
  bool isInitialised = false;
  ContextState contexts[2] = {{0}, {1}};
  Live<StreamState> streams;
  Live<EventState> events;
  Live<ModuleState> modules;
  Live<FunctionState> functions;
  Live<GraphState> graphs;
  Live<GraphExecState> execs;
  std::map<void*, size_t> pinned;
};

constexpr int DEVICES = 2;
/** Shared memory that a block can have. */
int sharedBytesOptin();

/** The driver, locked for the calling thread as long as this lives. */
class Locked {
 public:
  Locked() : lock_(state().mutex) {}
  State* operator->() { return &state(); }
  State& operator*() { return state(); }

 private:
  static State& state();
  std::lock_guard<std::recursive_mutex> lock_;
};

/** The calling thread's context. */
extern thread_local ContextState* current;
/** SUCCESS if the calling thread's context can be used. */
CUresult usable();
/** Runs it, or records it where the stream does that. */
CUresult enqueue(CUstream stream, LaunchNode launch);
/** True if all of the bytes belong to one allocation of a device. */
bool isDeviceMemory(State& state, CUdeviceptr from, size_t bytes);
/** True where VERTEBRA_CUDA_HOST_FAULT lets the context's next launch break it: its fault is then set. */
bool breaksNow(ContextState& context);
/** Runs them at once. */
CUresult runLaunch(ContextState& context, const LaunchNode& launch);
CUresult runCopy(const CopyNode& copy);

inline void* hostPointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

}  // namespace cuda
