#pragma once
#include "context.h"
#include "handles.h"

/** Points in the stream's time, for benches. */
class Timers {
 public:
  explicit Timers(const Context& context) : context_(context) {}
  ~Timers() {
    events_.clear([this](cuda::CUevent event) { context_.driver.cuEventDestroy_v2(event); });
  }

  /** Marks the moment when all work queued so far is done. */
  uint64_t mark() {
    const cuda::CUevent event = context_.createEvent(0);
    const uint64_t id = events_.add(event);
    CUDA_CALL(context_.driver, cuEventRecord, event, context_.stream);
    return id;
  }

  /** Milliseconds between two moments, both past. */
  float elapsedMs(uint64_t start, uint64_t end) {
    float ms = 0;
    CUDA_CALL(context_.driver, cuEventElapsedTime, &ms, events_.get(start), events_.get(end));
    return ms;
  }

  void release(uint64_t id) { CUDA_CALL(context_.driver, cuEventDestroy_v2, events_.take(id)); }

 private:
  const Context& context_;
  Handles<cuda::CUevent> events_{"mark"};
};
