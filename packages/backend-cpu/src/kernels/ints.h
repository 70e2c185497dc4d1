// Arithmetic of int32 that wraps around, as vectors and as scalars.
#pragma once
#include "simd.h"

typedef uint32_t vu __attribute__((vector_size(VL * 4)));

INLINE vi viadd(vi a, vi b) { return (vi)((vu)a + (vu)b); }
INLINE vi visub(vi a, vi b) { return (vi)((vu)a - (vu)b); }
INLINE vi vimul(vi a, vi b) { return (vi)((vu)a * (vu)b); }
INLINE vi viselect(vi mask, vi a, vi b) { return (mask & a) | (~mask & b); }
INLINE vi vimax(vi a, vi b) { return viselect(a > b, a, b); }
INLINE vi vimin(vi a, vi b) { return viselect(a < b, a, b); }

INLINE int32_t addInt(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }
