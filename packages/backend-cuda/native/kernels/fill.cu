// y[i] = pattern, in runs of 16 bytes; the last run may be cut short.
// Thread i writes run i, so that a warp writes 512 bytes in a row.
#include "device.h"

struct FillParams {
  unsigned char* y;
  /** The element's bytes, repeated up to 4. */
  uint32_t pattern;
  uint32_t runs;
  /** Of the last run, 1 to 16. */
  uint32_t lastBytes;
};

KERNEL(fill, FillParams, 256) {
  const uint32_t run = blockIdx.x * blockDim.x + threadIdx.x;
  if (run >= p.runs) return;
  unsigned char* const y = p.y + static_cast<size_t>(run) * 16;
  if (run + 1 < p.runs || p.lastBytes == 16) {
    *reinterpret_cast<uint4*>(y) = make_uint4(p.pattern, p.pattern, p.pattern, p.pattern);
    return;
  }
  for (uint32_t i = 0; i < p.lastBytes; i++) y[i] = static_cast<unsigned char>(p.pattern >> (i % 4 * 8));
}
