// y = f(a), f(a, b) or f(a, b, c), element by element with broadcasting: a row of a table is one line,
//
//   UNARY(name, expression of the vf x and params p)        BINARY(name, expression of the vf a, b and params p)
//   COMPARE(name, mask from a and b)                        UNARY_INTS, BINARY_INTS, COMPARE_INTS: the same of vi
//
// and makes a loop over whole vectors and the kernel `elementwise_name`. All else is `runElementwise`: the outer axes, operands that
// a row repeats (as a vector of copies, with step 0), the last n % VL elements and the tasks.
#pragma once
#include "ints.h"
#include "walk.h"

typedef struct {
  const char *in[3];
  char *y;
  int32_t elements, columns; // of y, and of its rows
  int32_t tasks;
  int32_t step[3];           // along a row: 1 or 0
  int32_t bytes[4];          // of an element of each input and of y
  int32_t rank;
  int32_t axes[];            // (size, step of each input) of the axes outside rows; params behind
} ElementwiseArgs;

// `n` elements, a multiple of VL; steps in bytes a vector.
typedef struct {
  const char *in[3];
  char *y;
  int32_t step[3];
  int n;
  const float *params; // two, whether the row has them or not
} Run;

typedef void (*Loop)(const Run *run);

void runElementwise(const ElementwiseArgs *args, Loop loop);

typedef int8_t vb __attribute__((vector_size(VL))); // a byte for each lane

INLINE void storeFloats(char *y, vf v) { vstore((float *)y, v); }
INLINE void storeInts(char *y, vi v) { vistore((int32_t *)y, v); }
INLINE void storeMask(char *y, vi mask) {
  vb bytes = __builtin_convertvector(mask, vb) & 1;
  __builtin_memcpy(y, &bytes, VL);
}

#define LOOP1(name, V, load, T, store, yBytes, expression)                  \
  static void name##Loop(const Run *run) {                                  \
    const float p[2] = {run->params[0], run->params[1]};                    \
    const T *in = (const T *)run->in[0];                                    \
    char *y = run->y;                                                       \
    (void)p;                                                                \
    for (int i = 0; i < run->n; i += VL) {                                  \
      V x = load(in + i);                                                   \
      store(y + i * yBytes, expression);                                    \
    }                                                                       \
  }                                                                         \
  KERNEL(elementwise_##name, ElementwiseArgs) { runElementwise(args, name##Loop); }

#define LOOP2(name, V, load, T, store, yBytes, expression)                  \
  static void name##Loop(const Run *run) {                                  \
    const float p[2] = {run->params[0], run->params[1]};                    \
    const char *inA = run->in[0], *inB = run->in[1];                        \
    const int stepA = run->step[0], stepB = run->step[1];                   \
    char *y = run->y;                                                       \
    (void)p;                                                                \
    for (int i = 0; i < run->n; i += VL, inA += stepA, inB += stepB) {      \
      V a = load((const T *)inA), b = load((const T *)inB);                 \
      store(y + i * yBytes, expression);                                    \
    }                                                                       \
  }                                                                         \
  KERNEL(elementwise_##name, ElementwiseArgs) { runElementwise(args, name##Loop); }

#define UNARY(name, expression) LOOP1(name, vf, vload, float, storeFloats, 4, expression)
#define UNARY_INTS(name, expression) LOOP1(name##Ints, vi, viload, int32_t, storeInts, 4, expression)
#define TEST(name, mask) LOOP1(name, vf, vload, float, storeMask, 1, mask)
#define BINARY(name, expression) LOOP2(name, vf, vload, float, storeFloats, 4, expression)
#define BINARY_INTS(name, expression) LOOP2(name##Ints, vi, viload, int32_t, storeInts, 4, expression)
#define COMPARE(name, mask)                        \
  LOOP2(name, vf, vload, float, storeMask, 1, mask) \
  LOOP2(name##Ints, vi, viload, int32_t, storeMask, 1, mask)
