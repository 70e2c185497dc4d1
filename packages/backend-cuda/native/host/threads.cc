// The threads of a block, taking turns. A thread runs on whatever stack is free; only one that waits for others keeps its stack,
// so a kernel without barriers is a plain loop over its threads. Everything here belongs to the one block that runs.
#include "threads.h"

namespace host {

std::vector<Thread> threads;

namespace {

constexpr uint32_t NONE = UINT32_MAX;

KernelFunction kernel = nullptr;
const void* params = nullptr;
Schedule* schedule = nullptr;
const std::vector<uint32_t>* order = nullptr;
uint32_t cursor = 0;
uint32_t current = 0;
uint32_t finished = 0;

Fiber mainFiber;
Fiber* running = nullptr;
std::vector<Fiber*> allFibers;
std::vector<Fiber*> idleFibers;

uint32_t count() { return static_cast<uint32_t>(threads.size()); }

/** The next thread in the schedule that can run. */
uint32_t pickNext() {
  // A new round may have another order: two are needed to see everybody.
  for (uint32_t seen = 0; seen < 2 * count(); seen++) {
    if (cursor == count()) beginRound();
    const uint32_t next = (*order)[cursor++];
    if (threads[next].state <= Thread::State::ready) return next;
  }
  return NONE;
}

void becomeCurrent(uint32_t next) {
  current = next;
  threadIdx = threads[next].index;
}

void switchTo(Fiber& to) {
  Fiber& from = *running;
  running = &to;
  switchFiber(from, to);
}

void runFresh();

Fiber& freeFiber() {
  if (idleFibers.empty()) {
    allFibers.push_back(createFiber(runFresh));
    return *allFibers.back();
  }
  Fiber* fiber = idleFibers.back();
  idleFibers.pop_back();
  return *fiber;
}

/** Goes on with `next` on its own stack, or a free one. */
void handOver(uint32_t next) {
  if (next == NONE) return switchTo(mainFiber);
  becomeCurrent(next);
  switchTo(threads[next].fiber ? *threads[next].fiber : freeFiber());
}

/** What every stack does: runs threads that haven't begun, as long as it is their turn. */
void runFresh() {
  enterFiber();
  for (;;) {
    Thread& thread = threads[current];
    thread.fiber = running;
    thread.state = Thread::State::ready;
    kernel(params);
    thread.state = Thread::State::finished;
    thread.fiber = nullptr;
    finished++;
    const uint32_t next = finished == count() ? NONE : pickNext();
    if (next != NONE && threads[next].state == Thread::State::fresh) {
      becomeCurrent(next);
      continue;
    }
    idleFibers.push_back(running);
    handOver(next);
  }
}

void reset() {
  threads.assign(blockDim.x * blockDim.y * blockDim.z, Thread{});
  for (uint32_t i = 0; i < count(); i++)
    threads[i].index = {i % blockDim.x, i / blockDim.x % blockDim.y, i / blockDim.x / blockDim.y};
  finished = 0;
  forgetArrivals();
  forgetCopies();
  forgetProducts();
}

/** The stacks of threads that wait for ever begin anew. */
void giveUp() {
  idleFibers = allFibers;
  for (Fiber* fiber : allFibers) restartFiber(*fiber, runFresh);
}

}  // namespace

bool runThreads(KernelFunction function, const void* arguments, Schedule& order) {
  kernel = function;
  params = arguments;
  schedule = &order;
  reset();
  beginRound();
  mainFiber = threadFiber();
  running = &mainFiber;
  handOver(pickNext());
  if (finished == count()) return true;
  giveUp();
  return false;
}

uint32_t currentThread() { return current; }

void beginRound() {
  order = &schedule->nextRound(count());
  cursor = 0;
}

void suspend() {
  const uint32_t self = current;
  const uint32_t next = pickNext();
  if (next != self) handOver(next);
}

}  // namespace host
