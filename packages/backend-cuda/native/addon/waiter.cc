#include "waiter.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

struct Waiter::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> jobs;
  bool isClosed = false;
  bool hasEnded = false;

  void push(std::function<void()> job, bool isLast) {
    {
      std::lock_guard lock(mutex);
      jobs.push_back(std::move(job));
      isClosed = isLast;
    }
    changed.notify_all();
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return isClosed || !jobs.empty(); });
      if (jobs.empty()) break;
      std::function<void()> job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
      // What it holds goes before the next wait.
      job = nullptr;
      lock.lock();
    }
    hasEnded = true;
    changed.notify_all();
  }
};

Waiter::Waiter() : queue_(std::make_shared<Queue>()) {
  // Detached: a process that ends doesn't wait for the GPU.
  std::thread([queue = queue_] { queue->run(); }).detach();
}

void Waiter::add(std::function<void()> job) { queue_->push(std::move(job), false); }

void Waiter::last(std::function<void()> job) { queue_->push(std::move(job), true); }

void Waiter::waitForEnd(std::chrono::milliseconds patience) const {
  std::unique_lock lock(queue_->mutex);
  queue_->changed.wait_for(lock, patience, [this] { return queue_->hasEnded; });
}
