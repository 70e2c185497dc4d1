#pragma once
#include "../vendor/libraries.h"
#include "context.h"
#include "downloads.h"
#include "launches.h"
#include "memory.h"
#include "modules.h"
#include "timers.h"

/** An open GPU: everything that JavaScript may hold of it. What is declared last is released first. */
struct Device {
  Device(const Driver& driver, int ordinal) : context(driver, ordinal) {}

  /** Waits for what is queued, so that nothing is released that the GPU still uses. */
  ~Device() {
    context.driver.cuCtxSetCurrent(context.context);
    context.driver.cuStreamSynchronize(context.stream);
  }

  Context context;
  Memory memory{context};
  Downloads downloads{context};
  Modules modules{context};
  Libraries libraries{context};
  Launches launches{context, modules, libraries};
  Timers timers{context};
};
