#pragma once
#include <chrono>
#include <functional>
#include <memory>

/** A thread that does one job after the other: it waits for the GPU, so that JavaScript doesn't. It ends after `last`. */
class Waiter {
 public:
  Waiter();

  void add(std::function<void()> job);
  /** Adds the last job. */
  void last(std::function<void()> job);
  /** Waits until the last job is done, or `patience` is over. */
  void waitForEnd(std::chrono::milliseconds patience) const;

 private:
  struct Queue;
  /** The thread's too: it may outlive this object. */
  std::shared_ptr<Queue> queue_;
};
