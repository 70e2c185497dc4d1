// The rows of elementwise.ts that aren't activations, and what runs all rows.
#include "elementwise.h"
#include "math.h"

typedef struct {
  const ElementwiseArgs *args;
  Loop loop;
  const float *params;
} Job;

// VL copies of an element.
INLINE void repeat(char *copies, const char *element, int bytes) {
  if (bytes == 4) {
    vistore((int32_t *)copies, visplat(*(const int32_t *)element));
    return;
  }
  for (int lane = 0; lane < VL; lane++)
    for (int k = 0; k < bytes; k++) copies[lane * bytes + k] = element[k];
}

// n elements of a row from element `column` on. `room`: elements from y on that may be written, being computed later.
static void runRow(const Job *job, const Walk *walk, int column, int n, int room, char *y) {
  const ElementwiseArgs *args = job->args;
  Run run = {.y = y, .params = job->params};
  _Alignas(16) char copies[3][4 * VL];
  for (int k = 0; k < 3 && args->bytes[k] > 0; k++) {
    int bytes = args->bytes[k];
    run.step[k] = args->step[k] * VL * bytes;
    run.in[k] = args->in[k] + ((size_t)walk->at[k] + (size_t)column * args->step[k]) * bytes;
    if (args->step[k] > 0) continue;
    repeat(copies[k], run.in[k], bytes);
    run.in[k] = copies[k];
  }
  int up = (n + VL - 1) & -VL, whole = up <= room ? up : n & -VL;
  run.n = whole;
  if (whole > 0) job->loop(&run);
  if (whole >= n) return;
  // The rest: one vector more, into memory of our own.
  _Alignas(16) char last[4 * VL];
  int yBytes = args->bytes[3];
  for (int k = 0; k < 3; k++) run.in[k] += (size_t)(whole / VL) * run.step[k];
  run.y = last;
  run.n = VL;
  job->loop(&run);
  for (int i = 0; i < (n - whole) * yBytes; i++) y[(size_t)whole * yBytes + i] = last[i];
}

static void runPart(const void *p, int task, int worker) {
  const Job *job = p;
  const ElementwiseArgs *args = job->args;
  Range range = taskRange(args->elements, 64, task, args->tasks);
  Walk walk = walkFrom(3, args->axes, args->rank, range.begin / args->columns);
  int column = range.begin % args->columns;
  for (int at = range.begin; at < range.end;) {
    int n = minInt(args->columns - column, range.end - at);
    runRow(job, &walk, column, n, range.end - at, args->y + (size_t)at * args->bytes[3]);
    at += n;
    column = 0;
    walkOn(3, &walk);
  }
}

void runElementwise(const ElementwiseArgs *args, Loop loop) {
  Job job = {args, loop, (const float *)(args->axes + args->rank * 4)};
  parallelFor(runPart, &job, args->tasks);
}

INLINE vf signOf(vf x) { return vselect(x != x, x, vtofloat((x < 0.0f) - (x > 0.0f))); }

UNARY(neg, -x)
UNARY(abs, vabs(x))
UNARY(sign, signOf(x))
UNARY(floor, vfloor(x))
UNARY(exp, vexp(x))
UNARY(log, vlog(x))
UNARY(sqrt, vsqrt(x))
UNARY(rsqrt, 1.0f / vsqrt(x))
UNARY(erf, verf(x))
TEST(isNan, x != x)

UNARY_INTS(neg, visub(visplat(0), x))
UNARY_INTS(abs, viselect(x < 0, visub(visplat(0), x), x))
UNARY_INTS(sign, (x < 0) - (x > 0))

BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a * b)
BINARY(div, a / b)
BINARY(maximum, vmaxnan(a, b))
BINARY(minimum, vminnan(a, b))

BINARY_INTS(add, viadd(a, b))
BINARY_INTS(sub, visub(a, b))
BINARY_INTS(mul, vimul(a, b))
BINARY_INTS(maximum, vimax(a, b))
BINARY_INTS(minimum, vimin(a, b))

COMPARE(equal, a == b)
COMPARE(notEqual, a != b)
COMPARE(greater, a > b)
COMPARE(greaterEqual, a >= b)
COMPARE(less, a < b)
COMPARE(lessEqual, a <= b)

// Squares are most of what pow is used for.
INLINE vf power(vf a, vf b) {
  int squares = 0;
  for (int lane = 0; lane < VL; lane++) squares += b[lane] == 2;
  if (squares == VL) return a * a;
  for (int lane = 0; lane < VL; lane++) a[lane] = powf32(a[lane], b[lane]);
  return a;
}

BINARY(pow, power(a, b))

// condition ? a : b, by the size of a and b; condition is a byte, 0 or 1.
#define WHERE(T, bytes)                                                                             \
  static void where##bytes##Loop(const Run *run) {                                                  \
    const char *condition = run->in[0], *a = run->in[1], *b = run->in[2];                           \
    T *y = (T *)run->y;                                                                             \
    for (int i = 0; i < run->n; i += VL) {                                                          \
      for (int lane = 0; lane < VL; lane++) y[i + lane] = condition[lane] ? ((const T *)a)[lane] : ((const T *)b)[lane]; \
      condition += run->step[0];                                                                    \
      a += run->step[1];                                                                            \
      b += run->step[2];                                                                            \
    }                                                                                               \
  }                                                                                                 \
  KERNEL(elementwise_where##bytes, ElementwiseArgs) { runElementwise(args, where##bytes##Loop); }

WHERE(int8_t, 1)
WHERE(int16_t, 2)

static void where4Loop(const Run *run) {
  const char *condition = run->in[0], *a = run->in[1], *b = run->in[2];
  const int conditionStep = run->step[0], stepA = run->step[1], stepB = run->step[2];
  for (int i = 0; i < run->n; i += VL, condition += conditionStep, a += stepA, b += stepB) {
    vb bytes;
    __builtin_memcpy(&bytes, condition, VL);
    vistore((int32_t *)run->y + i, viselect(__builtin_convertvector(bytes, vi) != 0, viload((const int32_t *)a), viload((const int32_t *)b)));
  }
}
KERNEL(elementwise_where4, ElementwiseArgs) { runElementwise(args, where4Loop); }
