#include "launches.h"

#include <cstring>

namespace {

std::string sizeText(const uint32_t (&size)[3]) {
  return "[" + std::to_string(size[0]) + ", " + std::to_string(size[1]) + ", " + std::to_string(size[2]) + "]";
}

/** CUDA's own words for a refused launch name neither the kernel nor the numbers. */
std::string launchText(const Kernel& kernel, const LaunchHeader& header) {
  return kernel.name + " with grid " + sizeText(header.grid) + ", block " + sizeText(header.block) + ", " +
         std::to_string(header.sharedBytes) + " bytes of shared memory";
}

}  // namespace

Launches::~Launches() {
  graphs_.clear([this](const Graph& graph) { context_.driver.cuGraphExecDestroy(graph.exec); });
}

void Launches::launchIn(cuda::CUstream stream, const char* batch, size_t bytes, Plans* used) {
  for (size_t at = 0; at < bytes;) {
    LaunchHeader header;
    if (bytes - at < sizeof header) throw badArgument("the batch ends inside a launch, at byte " + std::to_string(at));
    std::memcpy(&header, batch + at, sizeof header);
    at += sizeof header;
    const size_t padded = (static_cast<size_t>(header.paramsBytes) + 7) / 8 * 8;
    if (bytes - at < padded) throw badArgument("the batch ends inside params, at byte " + std::to_string(at));
    if (header.kind == LaunchKind::PLAN) runPlan(stream, header, batch + at, used);
    else if (header.kind == LaunchKind::COPY) copyOne(stream, header, batch + at);
    else launchOne(stream, header, batch + at);
    at += padded;
  }
}

void Launches::copyOne(cuda::CUstream stream, const LaunchHeader& header, const char* params) {
  CopyParams copy;
  if (header.paramsBytes != sizeof copy) throw badArgument("a copy takes " + std::to_string(sizeof copy) + " bytes of params");
  std::memcpy(&copy, params, sizeof copy);
  CUDA_CALL(context_.driver, cuMemcpyDtoDAsync_v2, copy.to, copy.from, copy.bytes, stream);
}

void Launches::launchOne(cuda::CUstream stream, const LaunchHeader& header, const char* params) {
  Kernel& kernel = modules_.kernel(header.number);
  if (kernel.paramsBytes != 0 && kernel.paramsBytes != header.paramsBytes)
    throw badArgument(kernel.name + " takes " + std::to_string(kernel.paramsBytes) + " bytes of params, got " +
                      std::to_string(header.paramsBytes));
  modules_.allowShared(kernel, header.sharedBytes);
  size_t paramsBytes = header.paramsBytes;
  void* extra[] = {cuda::LAUNCH_PARAM_BUFFER_POINTER, const_cast<char*>(params), cuda::LAUNCH_PARAM_BUFFER_SIZE, &paramsBytes,
                   cuda::LAUNCH_PARAM_END};
  const auto& [gridX, gridY, gridZ] = header.grid;
  const auto& [blockX, blockY, blockZ] = header.block;
  try {
    CUDA_CALL(context_.driver, cuLaunchKernel, kernel.function, gridX, gridY, gridZ, blockX, blockY, blockZ, header.sharedBytes,
              stream, nullptr, extra);
  } catch (const Failure& failure) {
    throw Failure(failure.code, failure.what() + (": " + launchText(kernel, header)), failure.call);
  }
}

void Launches::runPlan(cuda::CUstream stream, const LaunchHeader& header, const char* params, Plans* used) {
  const std::shared_ptr<LibraryPlan>& plan = libraries_.get(header.number);
  std::vector<cuda::CUdeviceptr> addresses(plan->operands() + 1);
  if (header.paramsBytes != addresses.size() * sizeof addresses[0])
    throw badArgument("a plan takes " + std::to_string(addresses.size()) + " addresses, got " +
                      std::to_string(header.paramsBytes) + " bytes");
  std::memcpy(addresses.data(), params, header.paramsBytes);
  if (plan->workspaceBytes() > 0 && addresses.back() == 0) throw badArgument("a plan must have its workspace");
  plan->run(stream, addresses.data(), addresses.back());
  if (used) used->push_back(plan);
}

uint64_t Launches::record(const char* batch, size_t bytes) {
  const Driver& driver = context_.driver;
  // A stream of its own: a launch that is refused ends the capture, and must not end it for the work around.
  cuda::CUstream stream = nullptr;
  CUDA_CALL(driver, cuStreamCreate, &stream, cuda::STREAM_NON_BLOCKING);
  cuda::CUgraph graph = nullptr;
  cuda::CUgraphExec exec = nullptr;
  Plans used;
  const auto cleanUp = [&] {
    if (graph) driver.cuGraphDestroy(graph);
    driver.cuStreamDestroy_v2(stream);
  };
  try {
    CUDA_CALL(driver, cuStreamBeginCapture_v2, stream, cuda::STREAM_CAPTURE_MODE_THREAD_LOCAL);
    try {
      launchIn(stream, batch, bytes, &used);
    } catch (...) {
      driver.cuStreamEndCapture(stream, &graph);
      throw;
    }
    CUDA_CALL(driver, cuStreamEndCapture, stream, &graph);
    CUDA_CALL(driver, cuGraphInstantiateWithFlags, &exec, graph, 0);
  } catch (...) {
    cleanUp();
    throw;
  }
  cleanUp();
  return graphs_.add(Graph{exec, std::move(used)});
}

void Launches::replay(uint64_t id) { CUDA_CALL(context_.driver, cuGraphLaunch, graphs_.get(id).exec, context_.stream); }

void Launches::release(uint64_t id) {
  const Graph graph = graphs_.take(id);
  // A plan has to outlive its work; the driver takes care of the rest.
  if (!graph.plans.empty()) CUDA_CALL(context_.driver, cuStreamSynchronize, context_.stream);
  CUDA_CALL(context_.driver, cuGraphExecDestroy, graph.exec);
}
