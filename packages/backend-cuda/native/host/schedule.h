#pragma once
#include <cstdint>
#include <vector>

/**
 * In which order the threads of a block get their turns between two barriers: VERTEBRA_CUDA_HOST_SCHEDULE is `forward`, `reverse`
 * or `random:<seed>`. A kernel that depends on it lacks a barrier.
 */
class Schedule {
 public:
  /** What the environment says now; without a word, `forward`. @throws std::invalid_argument if it is no schedule. */
  static Schedule fromEnvironment();

  /** The order of `threads` threads in a new round; in rounds to come it may be another. */
  const std::vector<uint32_t>& nextRound(uint32_t threads);
  /** Which of `blocks` blocks runs as number `turn`. */
  uint64_t block(uint64_t turn, uint64_t blocks) const;

 private:
  enum class Kind { forward, reverse, random };

  Kind kind_ = Kind::forward;
  uint64_t state_ = 0;
  uint64_t firstBlock_ = 0;
  std::vector<uint32_t> order_;
};
