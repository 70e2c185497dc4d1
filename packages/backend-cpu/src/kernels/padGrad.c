// dx[i] = Σ dy over the places that pad copied x[i] to. For constant padding that is a slice; else dy's rows are added up in order
// of their place, each with its borders folded back.
#include "pad.h"
#include "strided.h"

typedef struct {
  const float *dy;
  float *dx;
  int32_t mode, rows, tasks, rank;
  PaddedAxis axes[MAX_AXES];
} PadGradArgs;

// Places that index k of an axis was copied to: first … last, and the two mirrored ones, −1 where there is none.
typedef struct {
  int first, last, mirrored[2];
} Places;

static Places placesOf(const PaddedAxis *axis, int k, int mode) {
  int last = axis->size - 1, own = k + axis->before;
  if (mode == PAD_REPLICATE) return (Places){k == 0 ? 0 : own, k == last ? own + axis->after : own, {-1, -1}};
  int isLeft = k >= 1 && k <= axis->before, isRight = k < last && k >= last - axis->after;
  return (Places){own, own, {isLeft ? axis->before - k : -1, isRight ? axis->before + 2 * last - k : -1}};
}

INLINE int sizeOf(const PaddedAxis *axis) { return axis->size; }

static void addRow(const PadGradArgs *args, const float *dy, float *dx) {
  const PaddedAxis inner = args->axes[args->rank - 1];
  const int before = inner.before, last = inner.size - 1;
  for (int k = 0; k <= last; k++) dx[k] += dy[before + k];
  for (int i = 0; i < before; i++) dx[args->mode == PAD_REPLICATE ? 0 : before - i] += dy[i];
  for (int i = 1; i <= inner.after; i++) dx[args->mode == PAD_REPLICATE ? last : last - i] += dy[before + last + i];
}

// Adds all rows of dy that stem from index[axis], index[axis + 1] … to dx; `row` is dy's row index so far.
static void addRows(const PadGradArgs *args, const int *index, int axis, int row, float *dx) {
  if (axis == args->rank - 1) return addRow(args, args->dy + (size_t)row * paddedSize(args->axes + axis), dx);
  Places places = placesOf(args->axes + axis, index[axis], args->mode);
  row *= paddedSize(args->axes + axis);
  for (int i = places.first; i <= places.last; i++) addRows(args, index, axis + 1, row + i, dx);
  for (int side = 0; side < 2; side++)
    if (places.mirrored[side] >= 0) addRows(args, index, axis + 1, row + places.mirrored[side], dx);
}

static void padGradPart(const void *p, int task, int worker) {
  const PadGradArgs *args = p;
  const int columns = args->axes[args->rank - 1].size;
  Range rows = taskRange(args->rows, 1, task, args->tasks);
  for (int row = rows.begin; row < rows.end; row++) {
    int index[MAX_AXES];
    ROW_INDEX(index, args->axes, args->rank, row, sizeOf)
    float *dx = args->dx + (size_t)row * columns;
    fillFloats(dx, 0, columns);
    addRows(args, index, 0, 0, dx);
  }
}

KERNEL(padGrad, PadGradArgs) { parallelFor(padGradPart, args, args->tasks); }
KERNEL(padGradConstant, StridedArgs) { copyStrided(args); }
