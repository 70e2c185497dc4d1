// The inner product loop that all matrix products and convolutions share: C [rows ≤ MR, NR] += A [rows, k] · B [k, NR].
//
// A is read where it lies (k contiguous, rows `lda` apart); B is a packed panel, NR floats a step of k, or is read in place
// through a table of offsets. 4×8 without unrolling, because V8 puts all loads of a loop body before its arithmetic: 8
// accumulators + 4 + 2 operands fit into its 15 vector registers, a 6×8 tile or two steps of k spill and run at half the
// speed (measured on V8 11.3, 12.4 and 13.6: 4×8 55 GFLOP/s a core, 6×8 26–38; docs/kernels/matmul.md).
//
// Sums: KC terms in order per block, then the blocks in order; the same for every shape of tile, so a result depends on
// neither the position in a tile nor the split into tasks.
#pragma once
#include "runtime.h"

#define MR 4
#define NR (2 * VL)
#define KC 256

// Where a tile's sums go. Rows are `stride` apart; `columns` ≤ NR are written. First block of k: y = sum + bias[row]
// (bias may be null); later blocks: y += sum.
typedef struct {
  float *y;
  int stride;
  int columns;
  const float *bias;
  int accumulate;
} TileOut;

void gemmTile(int rows, int k, const float *a, int lda, const float *panel, const TileOut *out);

// B's step k is the NR floats at b + offsets[k].
void gemmTileAt(int rows, int k, const float *a, int lda, const float *b, const int32_t *offsets, const TileOut *out);

// A's step k of row i is a[i][offsets[k]].
void gemmTileRowsAt(int rows, int k, const float *const *a, const int32_t *offsets, const float *panel, const TileOut *out);

// The same to y's columns: sum (i, j) goes to y[j · stride + i], and bias is by j.
void gemmTileTransposed(int rows, int k, const float *const *a, const int32_t *offsets, const float *panel, const TileOut *out);

// One panel [steps, NR] out of `width` ≤ NR rows that are contiguous in k and `stride` apart; columns from `width` on are 0.
void packTransposed(float *panel, const float *rows, int stride, int steps, int width);

// Rows [0, rows) in blocks of at most MR, as equal as can be: 6 is 3 + 3, since a block of 2 costs nearly as much as one of 4.
INLINE int rowBlocks(int rows) { return ceilDiv(rows, MR); }
INLINE Range rowBlock(int rows, int block) { return taskRange(rows, 1, block, rowBlocks(rows)); }
