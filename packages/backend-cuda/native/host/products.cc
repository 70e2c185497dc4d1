// Products of warpgroups, deferred as long as CUDA allows.
#include <limits>
#include <vector>

#include "device-host.h"
#include "threads.h"

namespace host {
namespace {

struct Deferred {
  ProductWork work;
  Product product;
  /** Number of its group in the thread. */
  uint32_t group;
};

/** The products of one thread, in order. */
struct Queue {
  std::vector<Deferred> products;
  uint32_t groups = 0;
};

/** By thread; empty until a block multiplies so. */
std::vector<Queue> queues;

Queue& own() {
  if (queues.empty()) queues.resize(blockDim.x * blockDim.y * blockDim.z);
  return queues[currentThread()];
}

}  // namespace

void forgetProducts() { queues.clear(); }

void deferProduct(ProductWork work, const Product& product) {
  Queue& queue = own();
  queue.products.push_back({work, product, queue.groups});
}

void commitProducts() { own().groups++; }

void waitForProducts(uint32_t groupsLeft) {
  Queue& queue = own();
  size_t done = 0;
  for (const auto& [work, product, group] : queue.products) {
    if (group + groupsLeft >= queue.groups) break;
    work(product);
    done++;
  }
  queue.products.erase(queue.products.begin(), queue.products.begin() + static_cast<long>(done));
}

}  // namespace host
