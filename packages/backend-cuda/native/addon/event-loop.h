#pragma once
#include <napi.h>

#include <functional>
#include <mutex>

/** JavaScript's event loop as other threads see it: they hand it what to do, until it ends. What is awaited keeps it alive. */
class EventLoop {
 public:
  using Task = std::function<void(Napi::Env)>;

  explicit EventLoop(Napi::Env env);

  /** Something is awaited: the process doesn't end meanwhile. On JavaScript's thread. */
  void await(Napi::Env env);
  /** From any thread: runs `prepare` here, then `task` on JavaScript's, which ends one `await`. Neither once the loop has ended. */
  void settle(const std::function<void()>& prepare, Task task);
  /** On JavaScript's thread, when its environment is torn down: nobody comes in after this. */
  void end();

 private:
  static void run(Napi::Env env, Napi::Function, EventLoop* loop, Task* task);
  using Tasks = Napi::TypedThreadSafeFunction<EventLoop, Task, &EventLoop::run>;

  Tasks tasks_;
  size_t awaited_ = 0;
  /** Held while another thread touches JavaScript's memory or queue. */
  std::mutex mutex_;
  bool hasEnded_ = false;
};
