#include "schedule.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <stdexcept>
#include <string>

Schedule Schedule::fromEnvironment() {
  Schedule schedule;
  const char* value = std::getenv("VERTEBRA_CUDA_HOST_SCHEDULE");
  const std::string text = value && *value ? value : "forward";
  const std::string random = "random:";
  if (text == "reverse") schedule.kind_ = Kind::reverse;
  else if (text.compare(0, random.size(), random) == 0) {
    schedule.kind_ = Kind::random;
    schedule.state_ = std::strtoull(text.c_str() + random.size(), nullptr, 10);
  } else if (text != "forward") {
    throw std::invalid_argument("VERTEBRA_CUDA_HOST_SCHEDULE must be forward, reverse or random:<seed>, got " + text);
  }
  schedule.firstBlock_ = schedule.state_;
  return schedule;
}

const std::vector<uint32_t>& Schedule::nextRound(uint32_t threads) {
  if (order_.size() != threads) {
    order_.resize(threads);
    std::iota(order_.begin(), order_.end(), 0u);
    if (kind_ == Kind::reverse) std::reverse(order_.begin(), order_.end());
  }
  if (kind_ != Kind::random) return order_;
  for (uint32_t i = threads; i > 1; i--) {
    // Knuth's MMIX generator; its high bits are the random ones.
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    std::swap(order_[i - 1], order_[(state_ >> 33) % i]);
  }
  return order_;
}

uint64_t Schedule::block(uint64_t turn, uint64_t blocks) const {
  if (kind_ == Kind::reverse) return blocks - 1 - turn;
  // Starting anywhere is enough: blocks may not depend on each other at all.
  return kind_ == Kind::random ? (turn + firstBlock_ * 7) % blocks : turn;
}
