// Devices and contexts: two of compute capability 8.0, unless the environment says otherwise.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "allocate.h"
#include "state.h"

namespace cuda {
namespace {

constexpr size_t DEFAULT_BYTES = 4ull << 30;

/** VERTEBRA_CUDA_HOST_MEMORY: bytes of each device. */
size_t memoryLimit() {
  const char* text = std::getenv("VERTEBRA_CUDA_HOST_MEMORY");
  return text ? std::strtoull(text, nullptr, 10) : DEFAULT_BYTES;
}

/** VERTEBRA_CUDA_HOST_VERSION: the driver's, 12040 for CUDA 12.4. */
int driverVersion() {
  const char* text = std::getenv("VERTEBRA_CUDA_HOST_VERSION");
  return text ? std::atoi(text) : 13000;
}

/** VERTEBRA_CUDA_HOST_CAPABILITY: of both devices, "7.5". */
int capability(bool isMajor) {
  const char* text = std::getenv("VERTEBRA_CUDA_HOST_CAPABILITY");
  const char* point = text ? std::strchr(text, '.') : nullptr;
  if (isMajor) return text ? std::atoi(text) : 8;
  return point ? std::atoi(point + 1) : 0;
}

bool isDevice(int device) { return device >= 0 && device < DEVICES; }

/** What a context owns goes with it. */
void destroyContents(State& state, ContextState& context) {
  for (const auto& [address, bytes] : context.allocations) host::release(hostPointer(address), bytes);
  state.streams.eraseIf([&](const StreamState& stream) { return stream.context == &context; });
  context.allocations.clear();
  context.usedBytes = context.reservedBytes = 0;
  context.fault = SUCCESS;
  context.launches = 0;
}

}  // namespace

thread_local ContextState* current = nullptr;

State& Locked::state() {
  // Never destroyed: threads may still be in it when the process ends.
  static auto* state = new State;
  return *state;
}

/** Of an A100, or an H100. */
int sharedBytesOptin() { return (capability(true) < 9 ? 163 : 227) << 10; }

CUresult usable() {
  if (!current || current->retained == 0) return ERROR_INVALID_CONTEXT;
  return current->fault;
}

CUresult cuInit(unsigned flags) {
  Locked host;
  if (flags != 0) return ERROR_INVALID_VALUE;
  host->isInitialised = true;
  return SUCCESS;
}

CUresult cuDriverGetVersion(int* version) {
  *version = driverVersion();
  return SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  Locked host;
  *count = DEVICES;
  return host->isInitialised ? SUCCESS : ERROR_NOT_INITIALIZED;
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  Locked host;
  if (!host->isInitialised) return ERROR_NOT_INITIALIZED;
  *device = ordinal;
  return isDevice(ordinal) ? SUCCESS : ERROR_INVALID_DEVICE;
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  if (!isDevice(device)) return ERROR_INVALID_DEVICE;
  snprintf(name, static_cast<size_t>(length), "host test driver");
  return SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  const std::map<int, int> attributes = {
      {CLOCK_RATE, 1000000},          {MULTIPROCESSOR_COUNT, 2},
      {MEMORY_CLOCK_RATE, 1000000},   {GLOBAL_MEMORY_BUS_WIDTH, 64},
      {L2_CACHE_SIZE, 1 << 20},       {MAX_THREADS_PER_MULTIPROCESSOR, 2048},
      {COMPUTE_CAPABILITY_MAJOR, capability(true)}, {COMPUTE_CAPABILITY_MINOR, capability(false)},
      {MEMORY_POOLS_SUPPORTED, 1},    {MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, sharedBytesOptin()},
  };
  const auto found = attributes.find(attribute);
  if (!isDevice(device)) return ERROR_INVALID_DEVICE;
  if (found == attributes.end()) return ERROR_INVALID_VALUE;
  *value = found->second;
  return SUCCESS;
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  *bytes = memoryLimit();
  return isDevice(device) ? SUCCESS : ERROR_INVALID_DEVICE;
}

CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
  *can = device != peer;
  return isDevice(device) && isDevice(peer) ? SUCCESS : ERROR_INVALID_DEVICE;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  Locked host;
  if (!isDevice(device)) return ERROR_INVALID_DEVICE;
  ContextState& own = host->contexts[device];
  if (own.retained++ == 0) own.limitBytes = memoryLimit();
  *context = &own;
  return SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  Locked host;
  if (!isDevice(device)) return ERROR_INVALID_DEVICE;
  ContextState& own = host->contexts[device];
  if (own.retained == 0) return ERROR_INVALID_CONTEXT;
  if (--own.retained == 0) destroyContents(*host, own);
  return SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
  current = context;
  return SUCCESS;
}

CUresult cuCtxEnablePeerAccess(CUcontext, unsigned) { return usable(); }

CUresult cuGetErrorName(CUresult error, const char** text) {
  static const std::map<CUresult, const char*> names = {
#define NAME(error) {ERROR_##error, "CUDA_ERROR_" #error}
      {SUCCESS, "CUDA_SUCCESS"}, NAME(INVALID_VALUE),  NAME(OUT_OF_MEMORY),  NAME(NOT_INITIALIZED), NAME(NO_DEVICE),
      NAME(INVALID_DEVICE),      NAME(INVALID_IMAGE),  NAME(INVALID_CONTEXT), NAME(INVALID_HANDLE), NAME(NOT_FOUND),
      NAME(NOT_READY),           NAME(LAUNCH_FAILED),   NAME(ILLEGAL_ADDRESS),  NAME(LAUNCH_OUT_OF_RESOURCES),
      NAME(PEER_ACCESS_ALREADY_ENABLED), NAME(STREAM_CAPTURE_UNSUPPORTED),
#undef NAME
  };
  const auto found = names.find(error);
  *text = found == names.end() ? nullptr : found->second;
  return *text ? SUCCESS : ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char** text) { return cuGetErrorName(error, text); }

}  // namespace cuda
