// y = Σ x over some axes; the tree of terms is in reduce.h.
#include "ints.h"

#define NAME(function) float##function
#define T float
#define V vf
#define LOAD vload
#define STORE vstore
#define OP(a, b) ((a) + (b))
#define OP1(a, b) ((a) + (b))
#define IDENTITY 0.0f
#include "reduce.h"

#define NAME(function) int##function
#define T int32_t
#define V vi
#define LOAD viload
#define STORE vistore
#define OP viadd
#define OP1 addInt
#define IDENTITY 0
#include "reduce.h"

KERNEL(sum, ReduceArgs) { floatReduce(args); }
KERNEL(sumInts, ReduceArgs) { intReduce(args); }
