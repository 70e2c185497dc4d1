// dx[starts + i · steps] = dy[i], 0 elsewhere.
#include "strided.h"

typedef struct {
  FillArgs zero;
  int32_t isEmpty; // dy has no elements, and `copy` is not there
  StridedArgs copy;
} SliceGradArgs;

KERNEL(sliceGrad, SliceGradArgs) {
  fillBytes(&args->zero);
  if (!args->isEmpty) copyStrided(&args->copy);
}
