// Where threads wait for each other: the block's barrier, and exchanges between lanes of a warp.
#include "threads.h"

namespace host {
namespace {

constexpr uint32_t WARP = 32;
constexpr uint32_t ALL = 0xffffffffu;

/** Who came to a rendezvous of the lanes of `mask`: an exchange of values, or one for the sake of `work`. */
struct Arrivals {
  uint32_t mask;
  WarpWork work;
  uint32_t arrived;
};

uint32_t atBarrier = 0;
/** By warp; seldom more than one of it. */
std::vector<std::vector<Arrivals>> exchanges;

bool has(uint32_t mask, uint32_t lane) { return lane < WARP && (mask >> lane & 1) != 0; }

/** The lanes of `mask` that exist in the warp that begins at thread `first`. */
uint32_t existing(uint32_t first, uint32_t mask) {
  const size_t lanes = threads.size() - first;
  return lanes >= WARP ? mask : mask & ((1u << lanes) - 1);
}

/** Notes that `lane` came. @returns true if it was the last. */
bool isComplete(uint32_t warp, uint32_t lane, uint32_t mask, WarpWork work) {
  std::vector<Arrivals>& known = exchanges[warp];
  auto found = known.begin();
  while (found != known.end() && (found->mask != mask || found->work != work)) found++;
  if (found == known.end()) found = known.insert(found, {mask, work, 0});
  found->arrived |= 1u << lane;
  if (found->arrived != mask) return false;
  found->arrived = 0;
  return true;
}

/** Gives every lane of `mask` its value and lets it go on. */
void deliver(uint32_t first, uint32_t mask) {
  uint32_t ballot = 0;
  for (uint32_t lane = 0; lane < WARP; lane++)
    if (has(mask, lane) && threads[first + lane].value != 0) ballot |= 1u << lane;
  for (uint32_t lane = 0; lane < WARP; lane++) {
    if (!has(mask, lane)) continue;
    Thread& thread = threads[first + lane];
    const uint32_t from = has(mask, thread.fromLane) ? thread.fromLane : lane;
    thread.exchanged = {threads[first + from].value, ballot};
    thread.state = Thread::State::ready;
  }
}

}  // namespace

void forgetArrivals() {
  atBarrier = 0;
  exchanges.resize((threads.size() + WARP - 1) / WARP);
  for (std::vector<Arrivals>& warp : exchanges) warp.clear();
}

void blockBarrier() {
  threads[currentThread()].state = Thread::State::waiting;
  if (++atBarrier == threads.size()) {
    atBarrier = 0;
    for (Thread& thread : threads) thread.state = Thread::State::ready;
    beginRound();
  }
  suspend();
}

uint32_t lane() { return currentThread() % WARP; }

Exchanged warpExchange(uint32_t mask, uint64_t value, uint32_t fromLane) {
  const uint32_t first = currentThread() / WARP * WARP;
  Thread& thread = threads[currentThread()];
  const uint32_t lanes = existing(first, mask);
  thread.state = Thread::State::waiting;
  thread.value = value;
  thread.fromLane = fromLane;
  if (isComplete(first / WARP, lane(), lanes, nullptr)) deliver(first, lanes);
  suspend();
  return thread.exchanged;
}

void warpWork(void* own, WarpWork work) {
  const uint32_t first = currentThread() / WARP * WARP;
  Thread& thread = threads[currentThread()];
  thread.state = Thread::State::waiting;
  thread.brought = own;
  // Without all 32 it never happens, and the launch fails.
  if (isComplete(first / WARP, lane(), ALL, work)) {
    void* lanes[WARP];
    for (uint32_t i = 0; i < WARP; i++) lanes[i] = threads[first + i].brought;
    work(lanes);
    for (uint32_t i = 0; i < WARP; i++) threads[first + i].state = Thread::State::ready;
  }
  suspend();
}

}  // namespace host
