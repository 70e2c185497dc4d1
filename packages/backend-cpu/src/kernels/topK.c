// The k best of x [outer, n, inner] along n, best first: values and indices [outer, k, inner].
//
// A heap holds the k best seen so far, worst on top, as 64-bit ranks: the value's order above, and below it n's complement, so that
// of equals the lower index is better and no two ranks are equal. NaN is the largest; −0 equals 0.
#include "runtime.h"

typedef struct {
  const float *x;
  float *values;
  int32_t *indices;
  int64_t *heaps; // [tasks, k]
  int32_t outer, n, inner, k, isLargest, tasks;
} TopKArgs;

INLINE int64_t rankOf(float x, int i, int isLargest) {
  float value = x + 0.0f;
  int32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  int32_t order = x != x ? INT32_MAX : bits ^ (bits >> 31 & 0x7fffffff);
  return (int64_t)((uint64_t)(uint32_t)(isLargest ? order : ~order) << 32 | (uint32_t)~i);
}

INLINE int indexOf(int64_t rank) { return (int)~(uint32_t)rank; }

// Lets `rank` sink from `at` to its place in a heap of n.
static void sink(int64_t *heap, int n, int at, int64_t rank) {
  for (int child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= rank) break;
    heap[at] = heap[child];
  }
  heap[at] = rank;
}

static void topKOf(const TopKArgs *args, const float *x, int64_t *heap, float *values, int32_t *indices) {
  const int k = args->k, inner = args->inner;
  for (int i = 0; i < k; i++) heap[i] = rankOf(x[(size_t)i * inner], i, args->isLargest);
  for (int i = k / 2 - 1; i >= 0; i--) sink(heap, k, i, heap[i]);
  for (int i = k; i < args->n; i++) {
    int64_t rank = rankOf(x[(size_t)i * inner], i, args->isLargest);
    if (rank > heap[0]) sink(heap, k, 0, rank);
  }
  for (int i = k - 1; i >= 0; i--) {
    int index = indexOf(heap[0]);
    indices[(size_t)i * inner] = index;
    values[(size_t)i * inner] = x[(size_t)index * inner];
    sink(heap, i, 0, heap[i]);
  }
}

static void topKPart(const void *p, int task, int worker) {
  const TopKArgs *args = p;
  const int inner = args->inner;
  Range units = taskRange(args->outer * inner, 1, task, args->tasks);
  for (int unit = units.begin; unit < units.end; unit++) {
    size_t o = unit / inner, j = unit % inner, to = o * args->k * inner + j;
    topKOf(args, args->x + o * args->n * inner + j, args->heaps + (size_t)task * args->k, args->values + to, args->indices + to);
  }
}

KERNEL(topK, TopKArgs) { parallelFor(topKPart, args, args->tasks); }
