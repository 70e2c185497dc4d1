// y = activation(x · scale[c] + shift[c]); x, y [N, C, inner]: scaleShift (without activation) and scaleShiftFused. A unit of work
// is a plane's next CHUNK floats; with inner = 1, a row of C.
#include "activation.h"
#include "runtime.h"

#define CHUNK 16384

typedef struct {
  const float *x, *scale, *shift;
  float *y;
  int32_t n, c, inner, tasks, activation;
} ScaleShiftArgs;

INLINE void storeLeft(float *to, vf v, int left) {
  if (left >= VL) vstore(to, v);
  else vstoren(to, v, left);
}

INLINE void rows(const ScaleShiftArgs *args, int task, int activation) {
  int c = args->c;
  Range range = taskRange(args->n, 1, task, args->tasks);
  for (int row = range.begin; row < range.end; row++)
    for (int i = 0; i < c; i += VL) {
      size_t at = (size_t)row * c + i;
      vf v = vfma(vload(args->x + at), vload(args->scale + i), vload(args->shift + i));
      storeLeft(args->y + at, activate(v, activation), c - i);
    }
}

INLINE void planes(const ScaleShiftArgs *args, int task, int activation) {
  int inner = args->inner, chunks = ceilDiv(inner, CHUNK);
  Range range = taskRange(args->n * args->c * chunks, 1, task, args->tasks);
  for (int unit = range.begin; unit < range.end; unit++) {
    int plane = unit / chunks, begin = unit % chunks * CHUNK, end = minInt(begin + CHUNK, inner);
    vf scale = vsplat(args->scale[plane % args->c]), shift = vsplat(args->shift[plane % args->c]);
    const float *x = args->x + (size_t)plane * inner;
    float *y = args->y + (size_t)plane * inner;
    int i = begin;
    for (; i + 4 * VL <= end; i += 4 * VL)
      for (int k = 0; k < 4; k++) vstore(y + i + k * VL, activate(vfma(vload(x + i + k * VL), scale, shift), activation));
    for (; i < end; i += VL) storeLeft(y + i, activate(vfma(vload(x + i), scale, shift), activation), end - i);
  }
}

INLINE void part(const ScaleShiftArgs *args, int task, int activation) {
  if (args->inner == 1) rows(args, task, activation);
  else planes(args, task, activation);
}

// Loops of their own for each activation.
static void eachActivation(const void *p, int task, int worker) {
  const ScaleShiftArgs *args = p;
  if (args->activation == ACTIVATION_RELU) part(args, task, ACTIVATION_RELU);
  else if (args->activation == ACTIVATION_RELU6) part(args, task, ACTIVATION_RELU6);
  else if (args->activation == ACTIVATION_SILU) part(args, task, ACTIVATION_SILU);
  else part(args, task, ACTIVATION_NONE);
}

KERNEL(scaleShift, ScaleShiftArgs) { parallelFor(eachActivation, args, args->tasks); }
