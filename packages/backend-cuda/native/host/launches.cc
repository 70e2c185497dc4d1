// Modules, kernels and launches. An image is the text `vertebra host module <name>`: its kernels are compiled in.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "state.h"

namespace cuda {
namespace {

const std::string IMAGE = "vertebra host module ";

bool isWithin(uint32_t size, uint32_t most) { return size >= 1 && size <= most; }

/** The limits of compute capability 8.0. */
bool isLaunchable(const FunctionState& function, const host::Grid& launch) {
  const auto& [grid, block, sharedBytes] = launch;
  const uint64_t threads = static_cast<uint64_t>(block.x) * block.y * block.z;
  return isWithin(grid.x, 0x7fffffff) && isWithin(grid.y, 65535) && isWithin(grid.z, 65535) && isWithin(block.x, 1024) &&
         isWithin(block.y, 1024) && isWithin(block.z, 64) && threads <= static_cast<uint64_t>(function.kernel->maxThreads) &&
         sharedBytes <= static_cast<uint32_t>(function.maxSharedBytes);
}

/** The params out of `extra`, the only way they come. */
std::vector<char> paramsOf(void** extra) {
  const char* data = nullptr;
  size_t bytes = 0;
  for (; extra && *extra != LAUNCH_PARAM_END; extra += 2) {
    if (extra[0] == LAUNCH_PARAM_BUFFER_POINTER) data = static_cast<const char*>(extra[1]);
    if (extra[0] == LAUNCH_PARAM_BUFFER_SIZE) bytes = *static_cast<const size_t*>(extra[1]);
  }
  return std::vector<char>(data, data + bytes);
}

}  // namespace

CUresult runLaunch(ContextState& context, const LaunchNode& launch) {
  if (context.fault) return context.fault;
  if (launch.work) return launch.work(), SUCCESS;
  const host::RegisteredKernel& kernel = *launch.kernel;
  try {
    // As on a GPU, which is behind: whoever asks next is told, unless launches are waited for.
    const char* isWaitedFor = std::getenv("CUDA_LAUNCH_BLOCKING");
    if (breaksNow(context)) return isWaitedFor && *isWaitedFor == '1' ? context.fault : SUCCESS;
    if (host::runGrid(kernel.function, launch.params.data(), launch.grid)) return SUCCESS;
    std::fprintf(stderr, "host test driver: threads of %s wait for others that have ended or wait elsewhere\n",
                 kernel.name.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "host test driver: %s\n", error.what());
  }
  return context.fault = ERROR_LAUNCH_FAILED;
}

CUresult enqueue(CUstream stream, LaunchNode launch) {
  if (!stream->capture) return runLaunch(*stream->context, launch);
  stream->capture->nodes.push_back({std::move(launch), {}});
  return SUCCESS;
}

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  const auto* text = static_cast<const char*>(image);
  if (std::strncmp(text, IMAGE.c_str(), IMAGE.size()) != 0) return ERROR_INVALID_IMAGE;
  const std::string name = text + IMAGE.size();
  if (!host::hasModule(name)) return ERROR_INVALID_IMAGE;
  *module = host->modules.add(std::make_unique<ModuleState>(ModuleState{name}));
  return SUCCESS;
}

CUresult cuModuleUnload(CUmodule module) {
  Locked host;
  host->functions.eraseIf([&](const FunctionState& function) { return function.module == module; });
  return host->modules.erase(module) ? SUCCESS : ERROR_INVALID_HANDLE;
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  Locked host;
  if (!host->modules.has(module)) return ERROR_INVALID_HANDLE;
  const host::RegisteredKernel* kernel = host::findKernel(module->name, name);
  if (!kernel) return ERROR_NOT_FOUND;
  *function = host->functions.add(std::make_unique<FunctionState>(FunctionState{kernel, module}));
  return SUCCESS;
}

CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  Locked host;
  if (!host->functions.has(function)) return ERROR_INVALID_HANDLE;
  // Registers, local and static shared memory are the compiler's own affair here.
  *value = attribute == MAX_THREADS_PER_BLOCK ? function->kernel->maxThreads : 0;
  return SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  Locked host;
  if (!host->functions.has(function)) return ERROR_INVALID_HANDLE;
  if (attribute != MAX_DYNAMIC_SHARED_SIZE_BYTES || value > sharedBytesOptin()) return ERROR_INVALID_VALUE;
  function->maxSharedBytes = value;
  return SUCCESS;
}

CUresult cuFuncGetParamInfo(CUfunction function, size_t index, size_t* offset, size_t* bytes) {
  Locked host;
  if (!host->functions.has(function)) return ERROR_INVALID_HANDLE;
  if (index != 0) return ERROR_INVALID_VALUE;
  *offset = 0;
  *bytes = function->kernel->paramsBytes;
  return SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned sharedBytes, CUstream stream, void**, void** extra) {
  Locked host;
  if (!host->functions.has(function) || !host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  LaunchNode launch{function->kernel, {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes}, paramsOf(extra)};
  if (!isLaunchable(*function, launch.grid) || launch.params.size() != function->kernel->paramsBytes) return ERROR_INVALID_VALUE;
  return enqueue(stream, std::move(launch));
}

}  // namespace cuda
