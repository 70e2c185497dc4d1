#pragma once
#include "objects.h"

namespace cudnn {

/** What an engine of this library does to the numbers beside what the graph says. */
enum class Flaw { NONE, TF32, DIFFERS_EACH_TIME, WINOGRAD };

/** Computes a graph's operations in order; `pointers` by unique id. */
void compute(const std::vector<Shared>& operations, const std::map<int64_t, void*>& pointers, Flaw flaw);

/** Bytes of a tensor from its first element to its last. */
size_t bytesOf(const Object& tensor);

}  // namespace cudnn
