// y = x − max − log Σ exp(x − max) along n; x, y [outer, n, inner].
#include "softmax.h"

static void part(const void *args, int task, int worker) { softmaxPart(args, task, 1); }

KERNEL(logSoftmax, SoftmaxArgs) { parallelFor(part, args, args->tasks); }
