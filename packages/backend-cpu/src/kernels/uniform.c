// y[i] = (word i mod 4 of philox4x32-10(counter = [first + i div 4, 0, stream, 0], key = [seed low, seed high]) >> 8) / 2²⁴;
// state = [seed low, seed high, stream, first] as u32, of which first grows by ⌈n / 4⌉ when all is done.
// Scalar, because a 64-bit product is one instruction; of vectors of them LLVM makes what takes 1.4 times as long (measured).
// Source: Salmon et al. 2011, section 3.3 and table 2; the same as core's philox.ts.
#include "runtime.h"

typedef struct {
  uint32_t *state;
  float *y;
  int32_t n, tasks;
} UniformArgs;

#define ROUNDS 10
#define M0 0xd2511f53ull
#define M1 0xcd9e8d57ull
#define W0 0x9e3779b9u
#define W1 0xbb67ae85u

typedef struct { uint32_t word[4]; } Words;

INLINE Words philox(uint32_t counter, uint32_t stream, uint32_t key0, uint32_t key1) {
  uint32_t c0 = counter, c1 = 0, c2 = stream, c3 = 0;
#pragma GCC unroll 10
  for (int round = 0; round < ROUNDS; round++, key0 += W0, key1 += W1) {
    uint64_t product0 = M0 * c0, product1 = M1 * c2;
    c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
    c1 = (uint32_t)product1;
    c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
    c3 = (uint32_t)product0;
  }
  return (Words){{c0, c1, c2, c3}};
}

static void generate(const void *p, int task, int worker) {
  const UniformArgs *args = p;
  const uint32_t *state = args->state;
  uint32_t key0 = state[0], key1 = state[1], stream = state[2], first = state[3];
  Range range = taskRange(args->n, 4, task, args->tasks);
  for (int i = range.begin; i < range.end; i += 4) {
    Words words = philox(first + (uint32_t)i / 4, stream, key0, key1);
    for (int k = 0; k < minInt(4, range.end - i); k++) args->y[i + k] = (float)(int32_t)(words.word[k] >> 8) * 0x1p-24f;
  }
}

KERNEL(uniform, UniformArgs) {
  parallelFor(generate, args, args->tasks);
  args->state[3] += (uint32_t)ceilDiv(args->n, 4);
}
