// y = Π x over some axes.
#include "simd.h"

#define NAME(function) float##function
#define T float
#define V vf
#define LOAD vload
#define STORE vstore
#define OP(a, b) ((a) * (b))
#define OP1(a, b) ((a) * (b))
#define IDENTITY 1.0f
#include "reduce.h"

KERNEL(prod, ReduceArgs) { floatReduce(args); }
