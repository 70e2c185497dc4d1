#pragma once
#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "numbers.h"

namespace host {

/** Objects that a library has handed out: what isn't among them is refused. */
template <class Object>
class Known {
 public:
  template <class Handle>
  void add(Handle* handle, Object object) {
    std::lock_guard lock(mutex_);
    objects_.push_back(std::make_unique<Object>(std::move(object)));
    *handle = reinterpret_cast<Handle>(objects_.back().get());
  }
  /** Null for what is unknown. */
  Object* get(const void* handle) {
    std::lock_guard lock(mutex_);
    const auto found = at(handle);
    return found == objects_.end() ? nullptr : found->get();
  }
  bool erase(const void* handle) {
    std::lock_guard lock(mutex_);
    const auto found = at(handle);
    if (found == objects_.end()) return false;
    objects_.erase(found);
    return true;
  }

 private:
  auto at(const void* handle) {
    return std::find_if(objects_.begin(), objects_.end(), [&](const auto& object) { return object.get() == handle; });
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Object>> objects_;
};

/** Element `i` of floats of 4 bytes, or of 2 as `T` reads them. */
template <class T>
float load(const void* from, int64_t i) {
  return toFloat(static_cast<const T*>(from)[i]);
}
template <class T>
void store(void* to, int64_t i, double value) {
  static_cast<T*>(to)[i] = fromFloat<T>(static_cast<float>(value));
}

/** An f32 as tensor cores take it: 10 bits behind the point, ties away from zero. */
inline float toTf32(float x) {
  const uint32_t bits = bitsAs<uint32_t>(x);
  if ((bits & 0x7f800000) == 0x7f800000) return x;
  return bitsAs<float>((bits + 0x1000) & ~0x1fffu);
}

}  // namespace host
