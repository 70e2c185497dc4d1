// What a kernel may call. A kernel is one exported function that takes one pointer to its argument struct:
//
//   typedef struct { const float *x; float *y; int32_t n; float slope; } LeakyReluArgs;   // words first, floats last
//   static void part(const void *args, int task, int worker) { … }
//   KERNEL(leakyRelu, LeakyReluArgs) { parallelFor(part, args, tasks); }
//
// `runtime.launch("leakyRelu", [x, y, n], [slope])` fills the struct. Kernels neither allocate nor check: the plan does.
#pragma once
#include "simd.h"

#define KERNEL(name, Args)                              \
  __attribute__((export_name(#name))) void name(const Args *args); \
  void name(const Args *args)

// One part of a kernel's work: part `task` of `tasks`, run by worker 0 … workerCount() − 1 (0 is the calling thread).
typedef void (*Task)(const void *args, int task, int worker);

// Runs task 0 … tasks − 1, each once, on all workers, and returns when all are done. Tasks are handed out one by one, so
// make some more of them than workers; each should take 5 µs or more. What a task computes must depend on its number only,
// never on `worker` (which is for scratch) or on workerCount(). Not to be called from inside a task.
void parallelFor(Task task, const void *args, int tasks);

int workerCount(void);

INLINE int minInt(int a, int b) { return a < b ? a : b; }
INLINE int maxInt(int a, int b) { return a > b ? a : b; }
INLINE int ceilDiv(int a, int b) { return (a + b - 1) / b; }

// The part of 0 … n − 1 that task i of `tasks` equal ones covers, in steps of `grain` (the last may be shorter).
typedef struct { int begin, end; } Range;
INLINE Range taskRange(int n, int grain, int task, int tasks) {
  int grains = ceilDiv(n, grain);
  int begin = (int)((int64_t)grains * task / tasks) * grain;
  int end = (int)((int64_t)grains * (task + 1) / tasks) * grain;
  return (Range){begin, minInt(end, n)};
}

void copyFloats(float *to, const float *from, int n);
void fillFloats(float *to, float value, int n);
