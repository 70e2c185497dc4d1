// Streams, events and graphs. Work is done when its call returns. VERTEBRA_CUDA_HOST_DELAY_MS lets events pass later than that,
// as if the work in front of them took its time: for tests of who waits for what.
#include <cstdlib>
#include <thread>

#include "state.h"

namespace cuda {
namespace {

Moment delayed() {
  const char* ms = std::getenv("VERTEBRA_CUDA_HOST_DELAY_MS");
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms ? std::strtoull(ms, nullptr, 10) : 0);
}

}  // namespace

CUresult cuStreamCreate(CUstream* stream, unsigned) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  *stream = host->streams.add(std::make_unique<StreamState>(StreamState{current, {}, nullptr}));
  return SUCCESS;
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  Locked host;
  return host->streams.erase(stream) ? SUCCESS : ERROR_INVALID_HANDLE;
}

CUresult cuStreamSynchronize(CUstream stream) {
  Moment end;
  {
    Locked host;
    if (!host->streams.has(stream)) return ERROR_INVALID_HANDLE;
    end = stream->end;
  }
  std::this_thread::sleep_until(end);
  return usable();
}

CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  Locked host;
  return host->streams.has(stream) && host->events.has(event) ? SUCCESS : ERROR_INVALID_HANDLE;
}

CUresult cuStreamBeginCapture_v2(CUstream stream, int) {
  Locked host;
  if (!host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  if (stream->capture) return ERROR_INVALID_VALUE;
  stream->capture = std::make_unique<GraphState>();
  return SUCCESS;
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  Locked host;
  if (!host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  if (!stream->capture) return ERROR_INVALID_VALUE;
  *graph = host->graphs.add(std::move(stream->capture));
  return SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  Locked host;
  if (!host->graphs.has(graph)) return ERROR_INVALID_VALUE;
  *exec = host->execs.add(std::make_unique<GraphExecState>(GraphExecState{graph->nodes}));
  return SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  Locked host;
  if (!host->execs.has(exec) || !host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  for (const Node& node : exec->nodes) {
    const bool isLaunch = node.launch.kernel || node.launch.work;
    const CUresult problem = isLaunch ? runLaunch(*stream->context, node.launch) : runCopy(node.copy);
    if (problem) return problem;
  }
  return SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
  Locked host;
  return host->graphs.erase(graph) ? SUCCESS : ERROR_INVALID_VALUE;
}

CUresult cuGraphExecDestroy(CUgraphExec exec) {
  Locked host;
  return host->execs.erase(exec) ? SUCCESS : ERROR_INVALID_VALUE;
}

CUresult cuEventCreate(CUevent* event, unsigned flags) {
  Locked host;
  if (const CUresult problem = usable()) return problem;
  *event = host->events.add(std::make_unique<EventState>(EventState{(flags & EVENT_DISABLE_TIMING) == 0, false, {}}));
  return SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
  Locked host;
  return host->events.erase(event) ? SUCCESS : ERROR_INVALID_HANDLE;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  Locked host;
  if (!host->events.has(event) || !host->streams.has(stream)) return ERROR_INVALID_HANDLE;
  event->isRecorded = true;
  event->time = stream->end = delayed();
  return stream->context->fault;
}

CUresult cuEventQuery(CUevent event) {
  Locked host;
  if (!host->events.has(event)) return ERROR_INVALID_HANDLE;
  return event->time > std::chrono::steady_clock::now() ? ERROR_NOT_READY : usable();
}

CUresult cuEventSynchronize(CUevent event) {
  Moment passes;
  {
    Locked host;
    if (!host->events.has(event)) return ERROR_INVALID_HANDLE;
    passes = event->time;
  }
  std::this_thread::sleep_until(passes);
  return usable();
}

CUresult cuEventElapsedTime(float* ms, CUevent start, CUevent end) {
  Locked host;
  for (CUevent event : {start, end})
    if (!host->events.has(event) || !event->isRecorded || !event->hasTiming) return ERROR_INVALID_HANDLE;
  for (CUevent event : {start, end})
    if (event->time > std::chrono::steady_clock::now()) return ERROR_NOT_READY;
  *ms = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return SUCCESS;
}

}  // namespace cuda
