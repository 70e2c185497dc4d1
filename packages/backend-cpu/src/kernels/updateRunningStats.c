// running = (1 − s) · running + s · batch by channel, in place, with s = momentum or 1 / count, which is advanced first.
// Few numbers: one task.
#include "runtime.h"

typedef struct {
  float *runningMean, *runningVar;
  const float *mean, *variance;
  int32_t *count; // null without
  int32_t channels, isAverage;
  float momentum, correction;
} UpdateRunningStatsArgs;

static void moveTowards(float *running, const float *batch, int n, float share, float keep) {
  for (int i = 0; i < n; i++) running[i] = running[i] * keep + batch[i] * share;
}

KERNEL(updateRunningStats, UpdateRunningStatsArgs) {
  if (args->count) ++*args->count;
  float share = args->isAverage ? 1.0f / (float)*args->count : args->momentum;
  moveTowards(args->runningMean, args->mean, args->channels, share, 1.0f - share);
  moveTowards(args->runningVar, args->variance, args->channels, share * args->correction, 1.0f - share);
}
