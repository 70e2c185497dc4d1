// y[i] = value
#include "strided.h"

KERNEL(fill, FillArgs) { fillBytes(args); }
