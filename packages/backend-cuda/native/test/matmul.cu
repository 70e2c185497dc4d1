// y = a · b: [M, K] · [K, N] → [M, N], row by row.
// A block of 16 × 16 threads makes a tile of y, going over K in tiles of shared memory.
#include "../kernels/device.h"

constexpr uint32_t TILE = 16;

struct TiledMatmulParams {
  const float* a;
  const float* b;
  float* y;
  uint32_t m;
  uint32_t n;
  uint32_t k;
};

KERNEL(tiledMatmul, TiledMatmulParams, TILE * TILE) {
  // A column more, so that the threads of a warp meet different banks.
  __shared__ float tileA[TILE][TILE + 1];
  __shared__ float tileB[TILE][TILE + 1];
  const uint32_t i = blockIdx.y * TILE + threadIdx.y;
  const uint32_t j = blockIdx.x * TILE + threadIdx.x;
  float sum = 0;
  for (uint32_t k0 = 0; k0 < p.k; k0 += TILE) {
    const uint32_t ka = k0 + threadIdx.x;
    const uint32_t kb = k0 + threadIdx.y;
    tileA[threadIdx.y][threadIdx.x] = i < p.m && ka < p.k ? p.a[i * p.k + ka] : 0;
    tileB[threadIdx.y][threadIdx.x] = kb < p.k && j < p.n ? p.b[kb * p.n + j] : 0;
    __syncthreads();
    for (uint32_t k = 0; k < TILE; k++) sum = fmaf(tileA[threadIdx.y][k], tileB[k][threadIdx.x], sum);
    __syncthreads();
  }
  if (i < p.m && j < p.n) p.y[i * p.n + j] = sum;
}
