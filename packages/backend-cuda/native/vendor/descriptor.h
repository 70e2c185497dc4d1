#pragma once
#include <utility>
#include <vector>

#include "library-table.h"

namespace cudnn {

/** One of cuDNN's descriptors: attributes are set, then it is finalised, then it can be used and read. */
class Owned {
 public:
  Owned(const Library& library, DescriptorType type) : library_(&library) {
    LIBRARY_CALL(library, cudnnBackendCreateDescriptor, type, &descriptor_);
  }
  Owned(Owned&& other) noexcept : library_(other.library_), descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  ~Owned() {
    if (descriptor_) library_->cudnnBackendDestroyDescriptor(descriptor_);
  }

  Descriptor get() const { return descriptor_; }

  Owned& set(Attribute name, AttributeType type, int64_t count, const void* elements) {
    LIBRARY_CALL(*library_, cudnnBackendSetAttribute, descriptor_, name, type, count, elements);
    return *this;
  }
  Owned& set(Attribute name, const Owned& other) { return set(name, TYPE_BACKEND_DESCRIPTOR, 1, &other.descriptor_); }
  Owned& set(Attribute name, const std::vector<int64_t>& values) {
    return set(name, TYPE_INT64, static_cast<int64_t>(values.size()), values.data());
  }
  Owned& set(Attribute name, int64_t value) { return set(name, TYPE_INT64, 1, &value); }
  Owned& set(Attribute name, float value) { return set(name, TYPE_FLOAT, 1, &value); }
  Owned& set(Attribute name, double value) { return set(name, TYPE_DOUBLE, 1, &value); }
  /** A data type, a mode. */
  Owned& set(Attribute name, AttributeType type, int value) { return set(name, type, 1, &value); }

  Owned& finalize() {
    LIBRARY_CALL(*library_, cudnnBackendFinalize, descriptor_);
    return *this;
  }

  /** Up to `most` elements; as many as there are. */
  int64_t read(Attribute name, AttributeType type, int64_t most, void* elements) const {
    int64_t count = 0;
    LIBRARY_CALL(*library_, cudnnBackendGetAttribute, descriptor_, name, type, most, &count, elements);
    return count;
  }

 private:
  const Library* library_;
  Descriptor descriptor_ = nullptr;
};

}  // namespace cudnn
