// Threads below parallelFor, and the few libc functions that clang may call.
//
// One job at a time. `remaining` hands out the tasks: whoever takes it from r > 0 to r − 1 owns task `tasks − r`, and the job's
// fields can't change before that task is done. A worker that comes late takes it below zero and learns nothing else.
// Every atomic here is sequentially consistent (WASM has no other).
#include "runtime.h"

static struct {
  Task task;
  const void *args;
  int32_t tasks;
  _Alignas(64) int32_t remaining;
  _Alignas(64) int32_t done;
  int32_t callerSleeps;
  _Alignas(64) int32_t epoch; // one more for every job; workers wait on it
  int32_t sleepers;
  int32_t quit;
  int32_t failed; // a task trapped in a worker
} job;

static struct {
  int32_t workers;   // with the calling thread
  int32_t mayWait;   // 0 on a page's main thread, where memory.atomic.wait32 traps
  int32_t spins;     // looks at a counter before sleeping
} config = {1, 0, 0};

// The launch parameters are written here by JavaScript.
static int32_t parameters[1024];

__attribute__((export_name("parameterBlock"))) int32_t *parameterBlock(void) { return parameters; }

__attribute__((export_name("configure"))) void configure(int workers, int mayWait, int spins) {
  config.workers = workers;
  config.mayWait = mayWait;
  config.spins = spins;
}

int workerCount(void) { return config.workers; }

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_SEQ_CST)
#define STORE(field, value) __atomic_store_n(&(field), value, __ATOMIC_SEQ_CST)
#define ADD(field, value) __atomic_fetch_add(&(field), value, __ATOMIC_SEQ_CST)

// Not inlined: the worker loop runs once and for ever, so the engine never optimises it; this it does.
__attribute__((noinline)) static void runTasks(int worker) {
  for (;;) {
    int left = ADD(job.remaining, -1);
    if (left <= 0) return;
    int tasks = job.tasks;
    job.task(job.args, tasks - left, worker);
    if (ADD(job.done, 1) + 1 == tasks && LOAD(job.callerSleeps)) __builtin_wasm_memory_atomic_notify(&job.done, 1);
  }
}

static void waitUntilDone(int tasks) {
  for (int spin = config.spins; LOAD(job.done) != tasks; spin--) {
    if (spin > 0 || !config.mayWait) continue;
    STORE(job.callerSleeps, 1);
    int done = LOAD(job.done);
    if (done != tasks) __builtin_wasm_memory_atomic_wait32(&job.done, done, 1000000); // 1 ms: `done` counts on while we sleep
    STORE(job.callerSleeps, 0);
  }
}

void parallelFor(Task task, const void *args, int tasks) {
  if (tasks <= 1 || config.workers == 1) {
    for (int i = 0; i < tasks; i++) task(args, i, 0);
    return;
  }
  job.task = task;
  job.args = args;
  job.tasks = tasks;
  STORE(job.done, 0);
  STORE(job.remaining, tasks);
  ADD(job.epoch, 1);
  if (LOAD(job.sleepers) > 0) __builtin_wasm_memory_atomic_notify(&job.epoch, (uint32_t)(tasks - 1));
  runTasks(0);
  waitUntilDone(tasks);
  if (LOAD(job.failed)) __builtin_trap();
}

// A worker's task trapped: counts it as done, so that the caller comes back, and traps too.
__attribute__((export_name("taskFailed"))) void taskFailed(void) {
  STORE(job.failed, 1);
  ADD(job.done, 1);
  __builtin_wasm_memory_atomic_notify(&job.done, 1);
}

__attribute__((export_name("workerLoop"))) void workerLoop(int worker) {
  int seen = 0;
  while (!LOAD(job.quit)) {
    int spin = config.spins;
    while (LOAD(job.epoch) == seen && spin > 0) spin--;
    if (LOAD(job.epoch) == seen) {
      ADD(job.sleepers, 1);
      __builtin_wasm_memory_atomic_wait32(&job.epoch, seen, -1);
      ADD(job.sleepers, -1);
      continue;
    }
    seen = LOAD(job.epoch);
    runTasks(worker);
  }
}

__attribute__((export_name("stopWorkers"))) void stopWorkers(void) {
  STORE(job.quit, 1);
  ADD(job.epoch, 1);
  __builtin_wasm_memory_atomic_notify(&job.epoch, (uint32_t)-1);
}

void copyFloats(float *to, const float *from, int n) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(to + i, vload(from + i));
  for (; i < n; i++) to[i] = from[i];
}

void fillFloats(float *to, float value, int n) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(to + i, vsplat(value));
  for (; i < n; i++) to[i] = value;
}

void *memcpy(void *to, const void *from, size_t bytes) { return __builtin_memcpy(to, from, bytes); }
void *memset(void *to, int value, size_t bytes) { return __builtin_memset(to, value, bytes); }
void *memmove(void *to, const void *from, size_t bytes) { return __builtin_memmove(to, from, bytes); }
