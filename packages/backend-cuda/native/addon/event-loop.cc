#include "event-loop.h"

EventLoop::EventLoop(Napi::Env env) : tasks_(Tasks::New(env, "vertebra-cuda", 0, 1, this)) { tasks_.Unref(env); }

void EventLoop::await(Napi::Env env) {
  if (awaited_++ == 0) tasks_.Ref(env);
}

void EventLoop::settle(const std::function<void()>& prepare, Task task) {
  std::lock_guard lock(mutex_);
  if (hasEnded_) return;
  prepare();
  auto* owned = new Task(std::move(task));
  if (tasks_.NonBlockingCall(owned) != napi_ok) delete owned;
}

void EventLoop::end() {
  std::lock_guard lock(mutex_);
  hasEnded_ = true;
  tasks_.Release();
}

void EventLoop::run(Napi::Env env, Napi::Function, EventLoop* loop, Task* task) {
  const std::unique_ptr<Task> owned(task);
  // What is still queued at the end comes without an environment.
  if (env == nullptr) return;
  try {
    if (--loop->awaited_ == 0) loop->tasks_.Unref(env);
    (*task)(env);
  } catch (const Napi::Error&) {
    // A worker that is being ended takes nothing any more, and has nobody to tell.
  }
}
