// y[i] = x[starts + i · steps]: a strided copy.
#include "strided.h"

KERNEL(slice, StridedArgs) { copyStrided(args); }
