// For math.test.ts: y[i] = f(x[i]), or powf32(x[i], z[i]), with f by number.
#include "math.h"
#include "runtime.h"

typedef struct {
  const float *x, *z;
  float *y;
  int32_t n, function;
} MathProbeArgs;

#define EACH(f) for (int i = 0; i < n; i += VL) vstore(y + i, f(vload(x + i)))

KERNEL(mathProbe, MathProbeArgs) {
  const float *x = args->x;
  float *y = args->y;
  const int n = args->n; // a multiple of VL
  if (args->function == 0) EACH(vexp);
  else if (args->function == 1) EACH(vlog);
  else if (args->function == 2) EACH(vtanh);
  else if (args->function == 3) EACH(verf);
  else if (args->function == 4) EACH(vsigmoid);
  else for (int i = 0; i < n; i++) y[i] = powf32(x[i], args->z[i]);
}
