// y = x with elements added around each axis: a constant, the mirrored inside (without the edge) or the edge repeated.
// Works row by row; a row is x's row in the middle and its two borders.
#include "pad.h"
#include "strided.h"

typedef struct {
  const char *x;
  char *y;
  int32_t elementBytes, mode, pattern; // `pattern`: the constant's bits
  int32_t rows, tasks, rank;
  PaddedAxis axes[MAX_AXES];
} PadArgs;

// Where in x index i of a padded axis comes from; −1: nowhere.
INLINE int sourceOf(const PaddedAxis *axis, int i, int mode) {
  int k = i - axis->before, last = axis->size - 1;
  if (k >= 0 && k <= last) return k;
  if (mode == PAD_CONSTANT) return -1;
  if (mode == PAD_REPLICATE) return k < 0 ? 0 : last;
  return k < 0 ? -k : 2 * last - k;
}

static void fillRow(char *y, int n, int bytes, int32_t pattern) {
  if (bytes == 4) for (int i = 0; i < n; i++) ((int32_t *)y)[i] = pattern;
  else if (bytes == 2) for (int i = 0; i < n; i++) ((int16_t *)y)[i] = (int16_t)pattern;
  else for (int i = 0; i < n; i++) y[i] = (char)pattern;
}

static void fillBorder(const PadArgs *args, char *y, const char *x, int from, int to) {
  const PaddedAxis *axis = args->axes + args->rank - 1;
  int bytes = args->elementBytes;
  if (args->mode == PAD_CONSTANT) return fillRow(y + (size_t)from * bytes, to - from, bytes, args->pattern);
  for (int i = from; i < to; i++) {
    int k = sourceOf(axis, i, args->mode);
    for (int b = 0; b < bytes; b++) y[(size_t)i * bytes + b] = x[(size_t)k * bytes + b];
  }
}

// Row of x that row `row` of y is made from; −1: it is all constant.
static int sourceRow(const PadArgs *args, int row) {
  int index[MAX_AXES], from = 0;
  ROW_INDEX(index, args->axes, args->rank, row, paddedSize)
  for (int axis = 0; axis < args->rank - 1; axis++) {
    int k = sourceOf(args->axes + axis, index[axis], args->mode);
    if (k < 0) return -1;
    from = from * args->axes[axis].size + k;
  }
  return from;
}

static void padPart(const void *p, int task, int worker) {
  const PadArgs *args = p;
  const PaddedAxis inner = args->axes[args->rank - 1];
  const int bytes = args->elementBytes, columns = paddedSize(&inner), end = inner.before + inner.size;
  Range rows = taskRange(args->rows, 1, task, args->tasks);
  for (int row = rows.begin; row < rows.end; row++) {
    char *y = args->y + (size_t)row * columns * bytes;
    int from = sourceRow(args, row);
    if (from < 0) {
      fillRow(y, columns, bytes, args->pattern);
      continue;
    }
    const char *x = args->x + (size_t)from * inner.size * bytes;
    fillBorder(args, y, x, 0, inner.before);
    copyBytes(y + (size_t)inner.before * bytes, x, (size_t)inner.size * bytes);
    fillBorder(args, y, x, end, columns);
  }
}

KERNEL(pad, PadArgs) { parallelFor(padPart, args, args->tasks); }
