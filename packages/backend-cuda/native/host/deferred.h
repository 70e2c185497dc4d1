#pragma once
#include <vector>

#include "threads.h"

namespace host {

/** What threads begin in groups and wait for later: it happens in the wait, as late as CUDA allows. */
template <class Item>
class Deferred {
 public:
  void forget() { queues_.clear(); }

  void add(const Item& item) {
    Queue& queue = own();
    queue.items.push_back({item, queue.groups});
  }

  /** Ends a group of the running thread. */
  void commit() { own().groups++; }

  /** Does all groups of the running thread but the last `groupsLeft`. @returns whether there was something to do. */
  template <class Work>
  bool wait(uint32_t groupsLeft, Work work) {
    Queue& queue = own();
    size_t done = 0;
    for (const auto& [item, group] : queue.items) {
      if (group + groupsLeft >= queue.groups) break;
      work(item);
      done++;
    }
    queue.items.erase(queue.items.begin(), queue.items.begin() + static_cast<long>(done));
    return done > 0;
  }

 private:
  struct Grouped {
    Item item;
    uint32_t group;
  };
  struct Queue {
    std::vector<Grouped> items;
    uint32_t groups = 0;
  };

  Queue& own() {
    if (queues_.empty()) queues_.resize(threads.size());
    return queues_[currentThread()];
  }

  /** By thread; empty until a block begins something. */
  std::vector<Queue> queues_;
};

}  // namespace host
