// y[i, j] = largest x in rows rowStarts[i] + rowStep · r, r < rowCounts[i], and columns likewise; indices[i, j] = h · W + w of it.
// x [planes, H, W]; y, indices [planes, Ho, Wo]. The winner is the last NaN, else the first of the largest: scanning in order,
// a value wins if it is greater or NaN. A window of nothing but −∞ has its first element's index.
//
// Columns runBegin … runEnd − 1 have windows of `kernel` columns, `stride` apart, and are done VL at a time; those before and
// after (cut by padding, or irregular) one by one. The common sizes have their own copy of the loop, with taps unrolled.
#include "windows.h"

typedef struct {
  const float *x;
  float *y;
  int32_t *indices;
  const int32_t *rowStarts, *rowCounts, *columnStarts, *columnCounts;
  int32_t planes, h, w, ho, wo;
  int32_t rowStep, columnStep;
  int32_t runBegin, runEnd, kernel, stride;
  int32_t tasks;
} MaxPool2dArgs;

// One row of outputs: its windows' first row, and how many rows they have.
typedef struct {
  const float *x;
  int first, rows;
} Band;

INLINE void poolOne(const MaxPool2dArgs *args, Band band, int column, float *y, int32_t *index) {
  int start = args->columnStarts[column], count = args->columnCounts[column];
  float best = -__builtin_inff();
  int winner = band.first * args->w + start;
  for (int r = 0; r < band.rows; r++)
    for (int c = 0; c < count; c++) {
      int at = (band.first + r * args->rowStep) * args->w + start + c * args->columnStep;
      float value = band.x[at];
      int wins = (value > best) | (value != value); // selects, no branches: which one wins can't be predicted
      best = wins ? value : best;
      winner = wins ? at : winner;
    }
  *y = best;
  *index = winner;
}

// The largest first, then the first tap that is equal to it: half the instructions of keeping both up to date at every tap
// (measured, 3×3 stride 2: 2.1 ms instead of 3.3). vmax keeps the first of equals, −0 and 0 included. A NaN anywhere shows in the sum of all
// taps, as does ∞ − ∞: such outputs are done one by one.
INLINE void poolRun(const MaxPool2dArgs *args, Band band, float *y, int32_t *indices, int rows, int kernel, int stride, int step) {
  int first = band.first * args->w + args->columnStarts[args->runBegin];
  int rowOffset = args->rowStep * args->w, last = (rows - 1) * rowOffset + (kernel - 1) * step;
  vi lanes = viota(stride);
  for (int j = args->runBegin; j < args->runEnd; j += VL, first += VL * stride) {
    const float *x = band.x + first;
    int left = minInt(args->runEnd - j, VL);
    vf best = vsplat(-__builtin_inff()), sum = vsplat(0);
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < kernel; c++) {
        vf value = vloadEvery(x + r * rowOffset + c * step, stride);
        best = vmax(best, value);
        sum += value;
      }
    float check = vsum(sum);
    if (check != check) {
      for (int k = j; k < j + left; k++) poolOne(args, band, k, y + k, indices + k);
      continue;
    }
    vi before = visplat(0); // how far before the last tap the winner is
    for (int r = 0; r < rows; r++)
      for (int c = 0; c < kernel; c++) {
        vf value = vloadEvery(x + r * rowOffset + c * step, stride);
        vi candidate = (value == best) & visplat(last - r * rowOffset - c * step);
        vi isEarlier = candidate > before;
        before = (isEarlier & candidate) | (~isEarlier & before);
      }
    vi winner = lanes + (first + last) - before;
    if (left == VL) {
      vstore(y + j, best);
      vistore(indices + j, winner);
    } else {
      vstoren(y + j, best, left);
      vstoren((float *)(indices + j), vfrombits(winner), left);
    }
  }
}

static void poolRows(const void *p, int task, int worker) {
  const MaxPool2dArgs *args = p;
  int kernel = args->kernel, stride = args->stride, step = args->columnStep;
  Range range = taskRange(args->planes * args->ho, 1, task, args->tasks);
  for (int row = range.begin; row < range.end; row++) {
    int i = row % args->ho;
    Band band = {args->x + (size_t)(row / args->ho) * args->h * args->w, args->rowStarts[i], args->rowCounts[i]};
    float *y = args->y + (size_t)row * args->wo;
    int32_t *indices = args->indices + (size_t)row * args->wo;
    for (int j = 0; j < args->runBegin; j++) poolOne(args, band, j, y + j, indices + j);
    if (band.rows == 2 && kernel == 2 && stride == 2 && step == 1) poolRun(args, band, y, indices, 2, 2, 2, 1);
    else if (band.rows == 3 && kernel == 3 && stride == 2 && step == 1) poolRun(args, band, y, indices, 3, 3, 2, 1);
    else if (band.rows == 3 && kernel == 3 && stride == 1 && step == 1) poolRun(args, band, y, indices, 3, 3, 1, 1);
    else if (stride == 1) poolRun(args, band, y, indices, band.rows, kernel, 1, step);
    else poolRun(args, band, y, indices, band.rows, kernel, stride, step);
    for (int j = args->runEnd; j < args->wo; j++) poolOne(args, band, j, y + j, indices + j);
  }
}

KERNEL(maxPool2d, MaxPool2dArgs) { parallelFor(poolRows, args, args->tasks); }
