// y[i] = (word i mod 4 of philox4x32-10(counter = [first + i div 4, 0, stream, 0], key = [seed low, seed high]) >> 8) / 2²⁴;
// state = [seed low, seed high, stream, first]. A thread makes the four numbers of one counter; y is long enough for a last quad past
// its end. Source: Salmon et al. 2011, section 3.3 and table 2; the same as core's philox.ts.
#include "device.h"

constexpr int ROUNDS = 10;
constexpr uint32_t M0 = 0xd2511f53u;
constexpr uint32_t M1 = 0xcd9e8d57u;
constexpr uint32_t W0 = 0x9e3779b9u;
constexpr uint32_t W1 = 0xbb67ae85u;

struct UniformParams {
  const uint32_t* state;
  float* y;
  /** Counters, each of four numbers. */
  uint32_t blocks;
};

/** The upper 24 bits, which f32 holds exactly. */
__device__ inline float unitOf(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

KERNEL(uniform, UniformParams, 256) {
  const uint32_t block = blockIdx.x * blockDim.x + threadIdx.x;
  if (block >= p.blocks) return;
  uint32_t key0 = p.state[0];
  uint32_t key1 = p.state[1];
  uint4 words = make_uint4(p.state[3] + block, 0, p.state[2], 0);
  for (int round = 0; round < ROUNDS; round++) {
    const uint32_t high0 = __umulhi(M0, words.x);
    const uint32_t high1 = __umulhi(M1, words.z);
    words = make_uint4(high1 ^ words.y ^ key0, M1 * words.z, high0 ^ words.w ^ key1, M0 * words.x);
    key0 += W0;
    key1 += W1;
  }
  reinterpret_cast<float4*>(p.y)[block] = make_float4(unitOf(words.x), unitOf(words.y), unitOf(words.z), unitOf(words.w));
}

struct AdvanceParams {
  uint32_t* state;
  uint32_t blocks;
};

/** A launch of its own, for one thread: all of the other read the counter. */
KERNEL(advance, AdvanceParams, 32) {
  if (threadIdx.x == 0) p.state[3] += p.blocks;
}
