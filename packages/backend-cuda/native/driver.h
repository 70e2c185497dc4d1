// The part of the CUDA driver API that is used here, declared by ourselves: building and loading need no toolkit and no driver.
// Values and signatures are NVIDIA's ABI (CUDA Driver API reference); native/test/driver-abi.cc compares them with a real cuda.h.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cuda {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = uint64_t;
using CUcontext = struct ContextState*;
using CUstream = struct StreamState*;
using CUevent = struct EventState*;
using CUmodule = struct ModuleState*;
using CUfunction = struct FunctionState*;
using CUgraph = struct GraphState*;
using CUgraphExec = struct GraphExecState*;
using CUmemoryPool = struct MemoryPoolState*;

/** Who may do what with the memory of a pool. */
struct CUmemAccessDesc {
  int locationType;
  int locationId;
  int flags;
};

enum Result : CUresult {
  SUCCESS = 0,
  ERROR_INVALID_VALUE = 1,
  ERROR_OUT_OF_MEMORY = 2,
  ERROR_NOT_INITIALIZED = 3,
  ERROR_NO_DEVICE = 100,
  ERROR_INVALID_DEVICE = 101,
  ERROR_INVALID_IMAGE = 200,
  ERROR_INVALID_CONTEXT = 201,
  ERROR_INVALID_HANDLE = 400,
  ERROR_NOT_FOUND = 500,
  ERROR_NOT_READY = 600,
  ERROR_ILLEGAL_ADDRESS = 700,
  ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  ERROR_PEER_ACCESS_ALREADY_ENABLED = 704,
  ERROR_LAUNCH_FAILED = 719,
  ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
};

enum DeviceAttribute : int {
  CLOCK_RATE = 13,
  MULTIPROCESSOR_COUNT = 16,
  MEMORY_CLOCK_RATE = 36,
  GLOBAL_MEMORY_BUS_WIDTH = 37,
  L2_CACHE_SIZE = 38,
  MAX_THREADS_PER_MULTIPROCESSOR = 39,
  COMPUTE_CAPABILITY_MAJOR = 75,
  COMPUTE_CAPABILITY_MINOR = 76,
  MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
  MEMORY_POOLS_SUPPORTED = 115,
};

enum FunctionAttribute : int {
  MAX_THREADS_PER_BLOCK = 0,
  SHARED_SIZE_BYTES = 1,
  LOCAL_SIZE_BYTES = 3,
  NUM_REGS = 4,
  MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
};

constexpr unsigned STREAM_NON_BLOCKING = 1;
constexpr unsigned EVENT_BLOCKING_SYNC = 1;
constexpr unsigned EVENT_DISABLE_TIMING = 2;
constexpr unsigned MEMHOSTALLOC_PORTABLE = 1;
constexpr int STREAM_CAPTURE_MODE_THREAD_LOCAL = 1;
constexpr int MEMPOOL_ATTR_RELEASE_THRESHOLD = 4;
constexpr int MEM_LOCATION_TYPE_DEVICE = 1;
constexpr int MEM_ACCESS_FLAGS_PROT_READWRITE = 3;

/** Keys of `cuLaunchKernel`'s `extra`: all arguments of a kernel as one run of bytes. */
inline void* const LAUNCH_PARAM_END = nullptr;
inline void* const LAUNCH_PARAM_BUFFER_POINTER = reinterpret_cast<void*>(1);
inline void* const LAUNCH_PARAM_BUFFER_SIZE = reinterpret_cast<void*>(2);

/** Bytes of shared memory that a block has without asking for more. */
constexpr unsigned SHARED_BYTES = 48 << 10;

/** Every function that is called: X(symbol with its version, parameters). */
#define CUDA_FUNCTIONS(X)                                                                                          \
  X(cuInit, (unsigned flags))                                                                                      \
  X(cuDriverGetVersion, (int* version))                                                                            \
  X(cuGetErrorName, (CUresult error, const char** text))                                                           \
  X(cuGetErrorString, (CUresult error, const char** text))                                                         \
  X(cuDeviceGetCount, (int* count))                                                                                \
  X(cuDeviceGet, (CUdevice* device, int ordinal))                                                                  \
  X(cuDeviceGetName, (char* name, int length, CUdevice device))                                                    \
  X(cuDeviceGetAttribute, (int* value, int attribute, CUdevice device))                                            \
  X(cuDeviceTotalMem_v2, (size_t* bytes, CUdevice device))                                                         \
  X(cuDeviceCanAccessPeer, (int* can, CUdevice device, CUdevice peer))                                             \
  X(cuDeviceGetDefaultMemPool, (CUmemoryPool* pool, CUdevice device))                                              \
  X(cuDevicePrimaryCtxRetain, (CUcontext* context, CUdevice device))                                               \
  X(cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                                               \
  X(cuCtxSetCurrent, (CUcontext context))                                                                          \
  X(cuCtxEnablePeerAccess, (CUcontext peer, unsigned flags))                                                       \
  X(cuMemPoolSetAttribute, (CUmemoryPool pool, int attribute, void* value))                                        \
  X(cuMemPoolTrimTo, (CUmemoryPool pool, size_t bytesToKeep))                                                      \
  X(cuMemPoolSetAccess, (CUmemoryPool pool, const CUmemAccessDesc* access, size_t count))                          \
  X(cuMemGetInfo_v2, (size_t* free, size_t* total))                                                                \
  X(cuMemAlloc_v2, (CUdeviceptr* address, size_t bytes))                                                           \
  X(cuMemFree_v2, (CUdeviceptr address))                                                                           \
  X(cuMemAllocAsync, (CUdeviceptr* address, size_t bytes, CUstream stream))                                        \
  X(cuMemFreeAsync, (CUdeviceptr address, CUstream stream))                                                        \
  X(cuMemHostAlloc, (void** host, size_t bytes, unsigned flags))                                                   \
  X(cuMemFreeHost, (void* host))                                                                                   \
  X(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void* from, size_t bytes, CUstream stream))                       \
  X(cuMemcpyDtoHAsync_v2, (void* to, CUdeviceptr from, size_t bytes, CUstream stream))                             \
  X(cuMemcpyDtoDAsync_v2, (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream))                       \
  X(cuMemcpyPeerAsync,                                                                                             \
    (CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, size_t bytes, CUstream stream)) \
  X(cuStreamCreate, (CUstream * stream, unsigned flags))                                                           \
  X(cuStreamDestroy_v2, (CUstream stream))                                                                         \
  X(cuStreamSynchronize, (CUstream stream))                                                                        \
  X(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                                           \
  X(cuStreamBeginCapture_v2, (CUstream stream, int mode))                                                          \
  X(cuStreamEndCapture, (CUstream stream, CUgraph* graph))                                                         \
  X(cuGraphInstantiateWithFlags, (CUgraphExec * exec, CUgraph graph, unsigned long long flags))                    \
  X(cuGraphLaunch, (CUgraphExec exec, CUstream stream))                                                            \
  X(cuGraphDestroy, (CUgraph graph))                                                                               \
  X(cuGraphExecDestroy, (CUgraphExec exec))                                                                        \
  X(cuEventCreate, (CUevent * event, unsigned flags))                                                              \
  X(cuEventDestroy_v2, (CUevent event))                                                                            \
  X(cuEventRecord, (CUevent event, CUstream stream))                                                               \
  X(cuEventQuery, (CUevent event))                                                                                 \
  X(cuEventSynchronize, (CUevent event))                                                                           \
  X(cuEventElapsedTime, (float* ms, CUevent start, CUevent end))                                                   \
  X(cuModuleLoadData, (CUmodule * module, const void* image))                                                      \
  X(cuModuleUnload, (CUmodule module))                                                                             \
  X(cuModuleGetFunction, (CUfunction * function, CUmodule module, const char* name))                               \
  X(cuFuncGetAttribute, (int* value, int attribute, CUfunction function))                                          \
  X(cuFuncSetAttribute, (CUfunction function, int attribute, int value))                                           \
  X(cuLaunchKernel, (CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,         \
                     unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void** params, void** extra))

/** Younger than the oldest driver that will do; null where the driver hasn't got it. */
#define CUDA_OPTIONAL_FUNCTIONS(X) \
  X(cuFuncGetParamInfo, (CUfunction function, size_t index, size_t* offset, size_t* bytes))

}  // namespace cuda
