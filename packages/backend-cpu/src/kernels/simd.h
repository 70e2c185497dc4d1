// Vectors of VL floats, one spelling for every target: WASM SIMD128 (VL = 4), AVX2 (8), AVX-512 (16).
// Kernels use only these names; intrinsics stand here and nowhere else. All loads and stores may be unaligned.
//
//   vf, vi                   VL floats, VL int32; + − * / and comparisons work on them directly (compares give vi masks, −1 or 0)
//   vload(p) vstore(p, v)    vsplat(x) visplat(i)   vloadn(p, n) vstoren(p, v, n): the first n < VL lanes, others 0 / untouched
//   vfma(a, b, c)            a·b + c: one rounding where the target has it (relaxed SIMD, AVX), else two
//   vmax(a, b) vmin(a, b)    (a < b) ? b : a and (b < a) ? b : a: a NaN in a survives, one in b is lost: relu is vmax(x, 0)
//   vmaxnan vminnan          as vmax/vmin, but a NaN in either argument survives
//   vselect(m, a, b)         m ? a : b, lane by lane; m is a compare's result
//   vabs vsqrt vfloor vround(ties to even)   vbits(v) → vi, vfrombits(i) → vf, vtoint(v) (|v| < 2³¹), vtofloat(i)
//   vfirst(v, n)             the first n lanes, the others 0
//   vtranspose(rows)         VL vectors, in place
//   vevens(a, b)             every second lane of a then b
//   vsum vhmax vhmin         across the lanes, in a fixed order
#pragma once
#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__)
#define VL 16
#elif defined(__AVX2__)
#define VL 8
#else
#define VL 4
#endif

#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef float vfUnaligned __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t viUnaligned __attribute__((vector_size(VL * 4), aligned(4), may_alias));

INLINE vf vload(const float *p) { return *(const vfUnaligned *)p; }
INLINE void vstore(float *p, vf v) { *(vfUnaligned *)p = v; }
INLINE vi viload(const int32_t *p) { return *(const viUnaligned *)p; }
INLINE void vistore(int32_t *p, vi v) { *(viUnaligned *)p = v; }
INLINE vf vsplat(float x) { return x - (vf){}; }
INLINE vi visplat(int32_t x) { return x - (vi){}; }
INLINE vi vbits(vf v) { return (vi)v; }
INLINE vf vfrombits(vi v) { return (vf)v; }
INLINE vi vtoint(vf v) { return __builtin_convertvector(v, vi); }
INLINE vf vtofloat(vi v) { return __builtin_convertvector(v, vf); }
INLINE vf vselect(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
INLINE vf vabs(vf v) { return (vf)((vi)v & 0x7fffffff); }

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#if defined(__wasm_relaxed_simd__)
INLINE vf vfma(vf a, vf b, vf c) { return (vf)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c); }
#else
INLINE vf vfma(vf a, vf b, vf c) { return a * b + c; }
#endif
INLINE vf vmax(vf a, vf b) { return (vf)wasm_f32x4_pmax((v128_t)a, (v128_t)b); }
INLINE vf vmin(vf a, vf b) { return (vf)wasm_f32x4_pmin((v128_t)a, (v128_t)b); }
INLINE vf vmaxnan(vf a, vf b) { return (vf)wasm_f32x4_max((v128_t)a, (v128_t)b); }
INLINE vf vminnan(vf a, vf b) { return (vf)wasm_f32x4_min((v128_t)a, (v128_t)b); }
INLINE vf vsqrt(vf v) { return (vf)wasm_f32x4_sqrt((v128_t)v); }
INLINE vf vfloor(vf v) { return (vf)wasm_f32x4_floor((v128_t)v); }
INLINE vf vround(vf v) { return (vf)wasm_f32x4_nearest((v128_t)v); }
#else
#if defined(__FMA__)
INLINE vf vfma(vf a, vf b, vf c) {
  for (int i = 0; i < VL; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
}
#else
INLINE vf vfma(vf a, vf b, vf c) { return a * b + c; }
#endif
INLINE vf vmax(vf a, vf b) { return vselect(a < b, b, a); }
INLINE vf vmin(vf a, vf b) { return vselect(b < a, b, a); }
INLINE vf vmaxnan(vf a, vf b) { return vselect((a < b) | (b != b), b, a); }
INLINE vf vminnan(vf a, vf b) { return vselect((b < a) | (b != b), b, a); }
INLINE vf vsqrt(vf v) {
  for (int i = 0; i < VL; i++) v[i] = __builtin_sqrtf(v[i]);
  return v;
}
INLINE vf vfloor(vf v) {
  for (int i = 0; i < VL; i++) v[i] = __builtin_floorf(v[i]);
  return v;
}
INLINE vf vround(vf v) {
  for (int i = 0; i < VL; i++) v[i] = __builtin_rintf(v[i]);
  return v;
}
#endif

// Lanes 0, 2, 4 … of a followed by b.
INLINE vf vevens(vf a, vf b) {
#if VL == 4
  return __builtin_shufflevector(a, b, 0, 2, 4, 6);
#elif VL == 8
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#endif
}

// rows[i][j] ↔ rows[j][i]
INLINE void vtranspose(vf rows[VL]) {
#if VL == 4
  vf low01 = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5), high01 = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7);
  vf low23 = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5), high23 = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  rows[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  rows[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  rows[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  rows[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
#else
  for (int i = 0; i < VL; i++)
    for (int j = 0; j < i; j++) {
      float lane = rows[i][j];
      rows[i][j] = rows[j][i];
      rows[j][i] = lane;
    }
#endif
}

INLINE vf vloadn(const float *p, int n) {
  float lanes[VL] = {0};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return vload(lanes);
}

// The first n lanes of v, the others 0 whatever they were (NaN too).
INLINE vf vfirst(vf v, int n) {
  vi lane;
  for (int i = 0; i < VL; i++) lane[i] = i;
  return vfrombits(vbits(v) & (lane < n));
}

INLINE void vstoren(float *p, vf v, int n) {
  for (int i = 0; i < VL; i++)
    if (i < n) p[i] = v[i];
}

INLINE float vsum(vf v) {
  float lanes[VL];
  vstore(lanes, v);
  for (int width = VL / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}

INLINE float vhmax(vf v) {
  float best = v[0];
  for (int i = 1; i < VL; i++) best = v[i] > best ? v[i] : best;
  return best;
}

INLINE float vhmin(vf v) {
  float best = v[0];
  for (int i = 1; i < VL; i++) best = v[i] < best ? v[i] : best;
  return best;
}
