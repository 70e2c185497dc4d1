// y[b] = op(a[b]) · op(b[b]): [M, K] · [K, N] → [M, N], op = transpose or nothing; all matrices row-major and contiguous.
//
// The batch axes come as sizes and strides (0 where an operand is broadcast), outermost first, padded to BATCH_AXES.
// A transposed a is first copied to rows of k. Each task takes one batch entry, some rows and up to COLUMNS columns; for each KC
// steps of k it packs its part of b into panels of NR columns (in its worker's scratch) and multiplies all its rows by them.
// With few rows b is read in place instead: packing would cost more than the product.
#include "gemm.h"

#define COLUMNS 256
#define BATCH_AXES 6

typedef struct {
  const float *a, *b;
  float *y;
  char *scratch;
  int32_t batch, m, k, n, transA, transB;
  int32_t rowTasks, columnTasks;
  int32_t packAt, packStride; // bytes from scratch to worker 0's panels; from worker to worker
  int32_t batchSize[BATCH_AXES], aStride[BATCH_AXES], bStride[BATCH_AXES];
} MatmulArgs;

static size_t entryOffset(const MatmulArgs *args, const int32_t *strides, int entry) {
  size_t offset = 0;
  for (int axis = BATCH_AXES - 1; axis >= 0; axis--) {
    offset += (size_t)(entry % args->batchSize[axis]) * strides[axis];
    entry /= args->batchSize[axis];
  }
  return offset;
}

static void transposeA(const void *p, int task, int worker) {
  const MatmulArgs *args = p;
  int m = args->m, k = args->k;
  // One task: 16 rows of one batch entry of aT [M, K] = a [K, M] transposed.
  int rows16 = ceilDiv(m, 16);
  int entry = task / rows16, first = task % rows16 * 16, last = minInt(m, first + 16);
  const float *a = args->a + entryOffset(args, args->aStride, entry);
  float *to = (float *)args->scratch + (size_t)entry * m * k;
  for (int j = 0; j < k; j++)
    for (int i = first; i < last; i++) to[(size_t)i * k + j] = a[(size_t)j * m + i];
}

// Panels of b [K, N], whose rows are contiguous in n: four panels at a time, to use whole cache lines of a row.
static void packRows(float *to, const float *b, int n, int steps, int columns) {
  int j = 0;
  const size_t panel = (size_t)steps * NR;
  for (; j + 4 * NR <= columns; j += 4 * NR, to += 4 * panel) {
    const float *from = b + j;
    float *row = to;
    for (int k = 0; k < steps; k++, from += n, row += NR)
      for (int q = 0; q < 4; q++) {
        vstore(row + q * panel, vload(from + q * NR));
        vstore(row + q * panel + VL, vload(from + q * NR + VL));
      }
  }
  for (; j < columns; j += NR) {
    int width = minInt(NR, columns - j);
    const float *from = b + j;
    for (int k = 0; k < steps; k++, from += n, to += NR)
      for (int c = 0; c < NR; c++) to[c] = c < width ? from[c] : 0;
  }
}

// Panels of bᵀ, b [N, K]: columns are contiguous in k.
static void packColumns(float *to, const float *b, int ldb, int steps, int columns) {
  for (int j = 0; j < columns; j += NR) packTransposed(to + (size_t)j * steps, b + (size_t)j * ldb, ldb, steps, minInt(NR, columns - j));
}

static void multiply(const void *p, int task, int worker) {
  const MatmulArgs *args = p;
  int k = args->k, n = args->n;
  int columnTask = task % args->columnTasks, rowTask = task / args->columnTasks % args->rowTasks;
  int entry = task / args->columnTasks / args->rowTasks;
  Range rows = taskRange(args->m, MR, rowTask, args->rowTasks);
  int firstColumn = columnTask * COLUMNS, columns = minInt(COLUMNS, n - firstColumn);
  const float *a = args->transA ? (const float *)args->scratch + (size_t)entry * args->m * k : args->a + entryOffset(args, args->aStride, entry);
  const float *b = args->b + entryOffset(args, args->bStride, entry);
  float *y = args->y + (size_t)entry * args->m * n + firstColumn;
  float *panels = (float *)(args->scratch + args->packAt + (size_t)worker * args->packStride);

  // Copied, because rows a power of two apart fight for the same lines of the L1 cache (measured: half the speed at K = 1024).
  float aRows[MR * KC];
  int height = rows.end - rows.begin;
  for (int k0 = 0; k0 < k; k0 += KC) {
    int steps = minInt(KC, k - k0);
    if (args->transB) packColumns(panels, b + (size_t)firstColumn * k + k0, k, steps, columns);
    else packRows(panels, b + (size_t)k0 * n + firstColumn, n, steps, columns);
    for (int block = 0; block < rowBlocks(height); block++) {
      Range r = rowBlock(height, block);
      int row = rows.begin + r.begin, count = r.end - r.begin;
      for (int i = 0; i < count; i++) copyFloats(aRows + i * KC, a + (size_t)(row + i) * k + k0, steps);
      for (int j = 0; j < columns; j += NR) {
        TileOut out = {y + (size_t)row * n + j, n, minInt(NR, columns - j), NULL, k0 > 0};
        gemmTile(count, steps, aRows, KC, panels + (size_t)(j / NR) * steps * NR, &out);
      }
    }
  }
}

KERNEL(matmul, MatmulArgs) {
  if (args->k == 0) {
    fillFloats(args->y, 0, args->batch * args->m * args->n);
    return;
  }
  if (args->transA) parallelFor(transposeA, args, args->batch * ceilDiv(args->m, 16));
  parallelFor(multiply, args, args->batch * args->rowTasks * args->columnTasks);
}
