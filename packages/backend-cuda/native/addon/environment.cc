#include "environment.h"

#include <vector>

namespace {
/** A process that ends shouldn't hang on a busy GPU: the driver cleans up behind it. */
constexpr std::chrono::milliseconds PATIENCE(200);
}  // namespace

void Environment::end() {
  loop->end();
  std::vector<Waiter> waiters;
  devices.clear([&](OpenDevice& open) {
    open.waiter.last([device = std::move(open.device)]() mutable { device.reset(); });
    waiters.push_back(open.waiter);
  });
  const auto deadline = std::chrono::steady_clock::now() + PATIENCE;
  for (const Waiter& waiter : waiters)
    waiter.waitForEnd(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
}
