// y[i] = x[i permuted]: a strided copy, transposed in squares where the innermost axis moves.
#include "strided.h"

KERNEL(permute, StridedArgs) { copyStrided(args); }
