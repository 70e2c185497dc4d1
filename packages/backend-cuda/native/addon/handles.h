#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>

#include "failure.h"

/** What JavaScript holds numbers of. A number is never given out twice, so one that was released is known to be wrong. */
template <class T>
class Handles {
 public:
  explicit Handles(std::string kind) : kind_(std::move(kind)) {}

  uint64_t add(T value) {
    entries_.emplace(next_, std::move(value));
    return next_++;
  }

  T& get(uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) throw unknown(id);
    return found->second;
  }

  T take(uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) throw unknown(id);
    T value = std::move(found->second);
    entries_.erase(found);
    return value;
  }

  /** Hands every entry to `release` and forgets it. */
  template <class Release>
  void clear(Release release) {
    for (auto& [id, value] : entries_) release(value);
    entries_.clear();
  }

 private:
  Failure unknown(uint64_t id) const {
    const bool wasGiven = id > 0 && id < next_;
    return Failure("UNKNOWN_HANDLE", kind_ + " " + std::to_string(id) + (wasGiven ? " was released" : " was never made"));
  }

  std::string kind_;
  std::unordered_map<uint64_t, T> entries_;
  uint64_t next_ = 1;
};
