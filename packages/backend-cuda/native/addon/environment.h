#pragma once
#include <memory>

#include "device.h"
#include "event-loop.h"
#include "handles.h"
#include "waiter.h"

/** A device that is open in one JavaScript environment, and the thread that waits for it. */
struct OpenDevice {
  std::shared_ptr<Device> device;
  Waiter waiter;
};

/** What this addon keeps for one JavaScript environment: the main thread or a worker. */
struct Environment {
  explicit Environment(Napi::Env env) : loop(std::make_shared<EventLoop>(env)) {}

  /** Releases every device when the environment is torn down; what the GPU is still busy with is left to the waiting threads. */
  void end();

  /** Shared with the waiting threads. */
  std::shared_ptr<EventLoop> loop;
  Handles<OpenDevice> devices{"device"};
};
