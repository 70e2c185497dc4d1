// Kernels that the tests of the launch path run: each shows one thing.
#include "../kernels/device.h"

struct EmptyParams {
  uint32_t unused;
};

/** What a launch costs by itself. */
KERNEL(empty, EmptyParams, 1024) {}

struct RepeatParams {
  uint32_t barriers;
};

/** What a barrier costs by itself. */
KERNEL(manyBarriers, RepeatParams, 1024) {
  for (uint32_t i = 0; i < p.barriers; i++) __syncthreads();
}

struct ScaleParams {
  const float* x;
  float* y;
  float factor;
  uint32_t elements;
};

/** y = factor · x: order of launches, and params of every kind. */
KERNEL(scale, ScaleParams, 256) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < p.elements) p.y[i] = p.factor * __ldg(p.x + i);
}

struct RowsParams {
  const float* x;
  float* y;
  uint32_t length;
};

/** y[row] = Σ x[row, :], x [rows, length]: a block per row, shuffles inside the warps, shared memory between them. */
KERNEL(sumRows, RowsParams, 1024) {
  __shared__ float sums[32];
  float sum = 0;
  for (uint32_t i = threadIdx.x; i < p.length; i += blockDim.x) sum += p.x[blockIdx.x * p.length + i];
  sum = warpSum(sum);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  sum = warpSum(threadIdx.x < blockDim.x / 32 ? sums[threadIdx.x] : 0);
  if (threadIdx.x == 0) p.y[blockIdx.x] = sum;
}

struct ShiftParams {
  const float* x;
  float* y;
};

/** y[i] = x[i - 1], y[0] = 0, in one block. A barrier is missing: right only where threads run in the order of their numbers. */
KERNEL(shiftUnordered, ShiftParams, 256) {
  __shared__ float line[256];
  line[threadIdx.x] = p.x[threadIdx.x];
  p.y[threadIdx.x] = threadIdx.x == 0 ? 0 : line[threadIdx.x - 1];
  // As long as the line is there: the next block starts from other values.
  __syncthreads();
  line[threadIdx.x] = 0;
}

/** The same with its barrier. */
KERNEL(shift, ShiftParams, 256) {
  __shared__ float line[256];
  line[threadIdx.x] = p.x[threadIdx.x];
  __syncthreads();
  p.y[threadIdx.x] = threadIdx.x == 0 ? 0 : line[threadIdx.x - 1];
}

/** Half of the block waits for the other half, which is gone. */
KERNEL(deadlock, EmptyParams, 64) {
  if (threadIdx.x < 32) __syncthreads();
}

struct ReachParams {
  float* y;
  uint32_t elements;
};

/** Writes one element too many. */
KERNEL(onePastTheEnd, ReachParams, 256) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= p.elements) p.y[i] = 1;
}

struct SharedParams {
  float* y;
  uint32_t elements;
};

/** Reverses a line through as much dynamic shared memory as the launch has. */
KERNEL(reverse, SharedParams, 1024) {
  DYNAMIC_SHARED(float, line);
  for (uint32_t i = threadIdx.x; i < p.elements; i += blockDim.x) copyAsync<4>(line + i, p.y + i);
  copyAsyncCommit();
  copyAsyncWait<0>();
  __syncthreads();
  for (uint32_t i = threadIdx.x; i < p.elements; i += blockDim.x) p.y[i] = line[p.elements - 1 - i];
}

struct VoteParams {
  uint32_t* y;
};

/** Which lanes of each warp have an odd number, counted over warps: ballots and atomics. */
KERNEL(vote, VoteParams, 1024) {
  const unsigned odd = __ballot_sync(ALL_LANES, threadIdx.x % 2);
  const float next = __shfl_down_sync(ALL_LANES, static_cast<float>(threadIdx.x), 1);
  if (threadIdx.x % 32 == 0) atomicAdd(p.y, odd == 0xaaaaaaaau && next == threadIdx.x + 1 ? 1u : 0u);
}

struct RoundParams {
  const float* x;
  f16* half;
  bf16* brain;
  float* back;
  uint32_t elements;
};

/** f32 → f16 and bf16 → their sum in f32. */
KERNEL(round, RoundParams, 256) {
  const uint32_t i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= p.elements) return;
  p.half[i] = fromFloat<f16>(p.x[i]);
  p.brain[i] = fromFloat<bf16>(p.x[i]);
  p.back[i] = toFloat(p.half[i]) + toFloat(p.brain[i]);
}
