#include <cstring>
#include <vector>

#include "device-host.h"
#include "threads.h"

namespace host {
namespace {

struct Copy {
  void* to;
  const void* from;
  uint32_t bytes;
  /** Number of its group in the thread. */
  uint32_t group;
};

/** The copies of one thread, in order. */
struct Queue {
  std::vector<Copy> copies;
  uint32_t groups = 0;
  /** Some came that products may not see yet. */
  bool isUnseen = false;
};

/** By thread; empty until a block copies in the background. */
std::vector<Queue> queues;

Queue& own() {
  if (queues.empty()) queues.resize(blockDim.x * blockDim.y * blockDim.z);
  return queues[currentThread()];
}

}  // namespace

void forgetCopies() { queues.clear(); }

void deferCopy(void* to, const void* from, uint32_t bytes) {
  Queue& queue = own();
  queue.copies.push_back({to, from, bytes, queue.groups});
}

void commitCopies() { own().groups++; }

void waitForCopies(uint32_t groupsLeft) {
  Queue& queue = own();
  size_t done = 0;
  for (const Copy& copy : queue.copies) {
    if (copy.group + groupsLeft >= queue.groups) break;
    if (copy.from) std::memcpy(copy.to, copy.from, copy.bytes);
    else std::memset(copy.to, 0, copy.bytes);
    done++;
    queue.isUnseen = true;
  }
  queue.copies.erase(queue.copies.begin(), queue.copies.begin() + static_cast<long>(done));
}

void showCopies() { own().isUnseen = false; }

bool hasUnseenCopies() { return own().isUnseen; }

}  // namespace host
