// For benches only: `tasks` times `repeats` inner products of one tile that never leaves the L1 cache. What gemm.c can reach at best.
#include "gemm.h"

typedef struct {
  float *scratch; // MR · KC + KC · NR + MR · NR floats
  int32_t tasks, repeats;
} GemmPeakArgs;

static void repeat(const void *p, int task, int worker) {
  const GemmPeakArgs *args = p;
  const float *a = args->scratch, *b = a + MR * KC;
  float y[MR * NR];
  TileOut out = {y, NR, NR, NULL, 0};
  for (int i = 0; i < args->repeats; i++) gemmTile(MR, KC, a, KC, b, &out);
}

KERNEL(gemmPeak, GemmPeakArgs) { parallelFor(repeat, args, args->tasks); }
