// y = max x over some axes; NaN if there is one.
#include "ints.h"

INLINE float maxFloat(float a, float b) { return a > b || a != a ? a : b; }
INLINE int32_t maxInt32(int32_t a, int32_t b) { return a > b ? a : b; }

#define NAME(function) float##function
#define T float
#define V vf
#define LOAD vload
#define STORE vstore
#define OP vmaxnan
#define OP1 maxFloat
#define IDENTITY -__builtin_inff()
#include "reduce.h"

#define NAME(function) int##function
#define T int32_t
#define V vi
#define LOAD viload
#define STORE vistore
#define OP vimax
#define OP1 maxInt32
#define IDENTITY INT32_MIN
#include "reduce.h"

KERNEL(amax, ReduceArgs) { floatReduce(args); }
KERNEL(amaxInts, ReduceArgs) { intReduce(args); }
