#pragma once
#include <vector>

#include "block.h"
#include "device-host.h"
#include "fiber.h"
#include "schedule.h"

namespace host {

/** A thread of the running block. */
struct Thread {
  enum class State : uint8_t { fresh, ready, waiting, finished };

  Dim3 index{};
  State state = State::fresh;
  /** Where it waits; null unless it has begun and not finished. */
  Fiber* fiber = nullptr;
  /** In an exchange: what it brings, whose value it asks for, and what it gets. */
  uint64_t value = 0;
  uint32_t fromLane = 0;
  Exchanged exchanged{};
  /** To work that a warp does together. */
  void* brought = nullptr;
};

/** By number in the block. */
extern std::vector<Thread> threads;

/** Runs the threads of the block `blockIdx`. @returns false if some wait for ever; they are given up then. */
bool runThreads(KernelFunction kernel, const void* params, Schedule& schedule);

/** Number of the running thread in its block. */
uint32_t currentThread();
/** Lets others run until the running thread, whose state says whether it waits, has its turn again. */
void suspend();
/** Everybody gets a turn again, in the schedule's next order. */
void beginRound();

// What the last block left.
void forgetArrivals();
void forgetCopies();
void forgetProducts();

}  // namespace host
