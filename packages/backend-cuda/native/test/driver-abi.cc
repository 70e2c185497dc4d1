// Compiles only where native/driver.h says what a toolkit's cuda.h says. `node scripts/check-driver-abi.mjs` runs the compiler.
#include "../driver.h"
// After driver.h, whose names are its own: cuda.h renames symbols by macros.
#include <cuda.h>
#include <type_traits>

template <class Ours, class Theirs>
constexpr bool sameKind = sizeof(Ours) == sizeof(Theirs) && std::is_pointer_v<Ours> == std::is_pointer_v<Theirs>;

template <class Ours, class Theirs>
struct SameSignature : std::false_type {};

template <class... Ours, class... Theirs>
struct SameSignature<cuda::CUresult(Ours...), CUresult(Theirs...)> {
  static constexpr bool value = [] {
    if constexpr (sizeof...(Ours) != sizeof...(Theirs)) return false;
    else return (sameKind<Ours, Theirs> && ...);
  }();
};

#define CHECK_SIGNATURE(name, parameters) \
  namespace cuda { CUresult ours_##name parameters; } \
  static_assert(SameSignature<decltype(cuda::ours_##name), decltype(::name)>::value, #name);
CUDA_FUNCTIONS(CHECK_SIGNATURE)
CUDA_OPTIONAL_FUNCTIONS(CHECK_SIGNATURE)

#define CHECK_VALUE(ours, theirs) static_assert(static_cast<int>(cuda::ours) == static_cast<int>(theirs), #ours)
#define CHECK_ERROR(name) CHECK_VALUE(ERROR_##name, CUDA_ERROR_##name)
#define CHECK_ATTRIBUTE(name) CHECK_VALUE(name, CU_DEVICE_ATTRIBUTE_##name)
#define CHECK_FUNCTION_ATTRIBUTE(name) CHECK_VALUE(name, CU_FUNC_ATTRIBUTE_##name)

CHECK_VALUE(SUCCESS, CUDA_SUCCESS);
CHECK_ERROR(INVALID_VALUE);
CHECK_ERROR(OUT_OF_MEMORY);
CHECK_ERROR(NOT_INITIALIZED);
CHECK_ERROR(NO_DEVICE);
CHECK_ERROR(INVALID_DEVICE);
CHECK_ERROR(INVALID_IMAGE);
CHECK_ERROR(INVALID_CONTEXT);
CHECK_ERROR(INVALID_HANDLE);
CHECK_ERROR(NOT_FOUND);
CHECK_ERROR(NOT_READY);
CHECK_ERROR(LAUNCH_OUT_OF_RESOURCES);
CHECK_ERROR(PEER_ACCESS_ALREADY_ENABLED);
CHECK_ERROR(LAUNCH_FAILED);
CHECK_ERROR(STREAM_CAPTURE_UNSUPPORTED);

CHECK_ATTRIBUTE(CLOCK_RATE);
CHECK_ATTRIBUTE(MULTIPROCESSOR_COUNT);
CHECK_ATTRIBUTE(MEMORY_CLOCK_RATE);
CHECK_ATTRIBUTE(GLOBAL_MEMORY_BUS_WIDTH);
CHECK_ATTRIBUTE(L2_CACHE_SIZE);
CHECK_ATTRIBUTE(MAX_THREADS_PER_MULTIPROCESSOR);
CHECK_ATTRIBUTE(COMPUTE_CAPABILITY_MAJOR);
CHECK_ATTRIBUTE(COMPUTE_CAPABILITY_MINOR);
CHECK_ATTRIBUTE(MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
CHECK_ATTRIBUTE(MEMORY_POOLS_SUPPORTED);

CHECK_FUNCTION_ATTRIBUTE(MAX_THREADS_PER_BLOCK);
CHECK_FUNCTION_ATTRIBUTE(SHARED_SIZE_BYTES);
CHECK_FUNCTION_ATTRIBUTE(LOCAL_SIZE_BYTES);
CHECK_FUNCTION_ATTRIBUTE(NUM_REGS);
CHECK_FUNCTION_ATTRIBUTE(MAX_DYNAMIC_SHARED_SIZE_BYTES);

CHECK_VALUE(STREAM_NON_BLOCKING, CU_STREAM_NON_BLOCKING);
CHECK_VALUE(EVENT_BLOCKING_SYNC, CU_EVENT_BLOCKING_SYNC);
CHECK_VALUE(EVENT_DISABLE_TIMING, CU_EVENT_DISABLE_TIMING);
CHECK_VALUE(MEMHOSTALLOC_PORTABLE, CU_MEMHOSTALLOC_PORTABLE);
CHECK_VALUE(STREAM_CAPTURE_MODE_THREAD_LOCAL, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
CHECK_VALUE(MEMPOOL_ATTR_RELEASE_THRESHOLD, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD);
CHECK_VALUE(MEM_LOCATION_TYPE_DEVICE, CU_MEM_LOCATION_TYPE_DEVICE);
CHECK_VALUE(MEM_ACCESS_FLAGS_PROT_READWRITE, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
static_assert(CU_LAUNCH_PARAM_END_AS_INT == 0);
static_assert(CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT == 1);
static_assert(CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT == 2);
static_assert(sizeof(cuda::CUmemAccessDesc) == sizeof(CUmemAccessDesc));
static_assert(offsetof(cuda::CUmemAccessDesc, flags) == offsetof(CUmemAccessDesc, flags));
