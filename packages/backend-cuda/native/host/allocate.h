#pragma once
#include <cstddef>

namespace host {

/** Memory of devices and pinned memory, NaN throughout so that reading before writing shows. @returns null where there is no room. */
void* allocate(size_t bytes);
void release(void* memory, size_t bytes);

}  // namespace host
