// y[i] = x[i] as another dtype. To f16 and bf16 rounds to nearest, ties to even, past the range to ±∞; to integers truncates
// towards zero and saturates (NaN → 0); between integers keeps the low bits; to bool is x ≠ 0.
#include "runtime.h"

typedef struct {
  const char *x;
  char *y;
  int32_t n, from, to, tasks;
} ToDtypeArgs;

// As in toDtype.ts; f32 and i32 stand first, because every other pair goes through one of them.
enum { F32, I32, U8, BOOL, F16, BF16 };

#define BLOCK 256
#define LOOP _Pragma("clang loop vectorize(enable)") for (int i = 0; i < n; i++)

INLINE float bitsToFloat(uint32_t bits) { return (union { uint32_t bits; float value; }){bits}.value; }
INLINE uint32_t floatToBits(float value) { return (union { float value; uint32_t bits; }){value}.bits; }

// Exponent and fraction shifted into place, then scaled by 2^(127 − 15): subnormals come out right. 65536 and more were ∞ or NaN.
INLINE float halfToFloat(uint16_t h) {
  float magnitude = bitsToFloat((uint32_t)(h & 0x7fff) << 13) * 0x1p112f;
  uint32_t bits = floatToBits(magnitude);
  bits |= magnitude >= 65536.0f ? 0x7f800000 : 0;
  return bitsToFloat(bits | (uint32_t)(h & 0x8000) << 16);
}

INLINE uint16_t floatToHalf(float x) {
  uint32_t bits = floatToBits(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  uint32_t normal = (magnitude + 0xfff + (magnitude >> 13 & 1) - 0x38000000) >> 13;
  // Below 2⁻¹⁴, adding 1/2 rounds to units of 2⁻²⁴ in the low bits, ties to even.
  uint32_t subnormal = floatToBits(bitsToFloat(magnitude) + 0.5f) - 0x3f000000;
  uint32_t half = magnitude < 0x38800000 ? subnormal : normal;
  half = magnitude >= 0x47800000 ? 0x7c00 : half;
  half = magnitude > 0x7f800000 ? 0x7e00 : half;
  return (uint16_t)(sign | half);
}

INLINE uint16_t floatToBrain(float x) {
  uint32_t bits = floatToBits(x), rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : rounded);
}

// Saturating, NaN → 0.
INLINE int32_t toInt(float x) {
#if defined(__wasm__)
  return __builtin_wasm_trunc_saturate_s_i32_f32(x);
#else
  return x >= 0x1p31f ? INT32_MAX : x >= -0x1p31f ? (int32_t)x : x == x ? INT32_MIN : 0;
#endif
}

INLINE float clampByte(float x) { return x > 255 ? 255 : x > 0 ? x : 0; }

// 16-bit floats as f32, bytes as i32.
static void widen(int from, const char *x, int n, void *block) {
  float *f = block;
  int32_t *k = block;
  if (from == F16) LOOP f[i] = halfToFloat(((const uint16_t *)x)[i]);
  else if (from == BF16) LOOP f[i] = bitsToFloat((uint32_t)((const uint16_t *)x)[i] << 16);
  else LOOP k[i] = ((const uint8_t *)x)[i];
}

static void fromFloats(int to, const float *x, int n, char *y) {
  if (to == F32) __builtin_memcpy(y, x, (size_t)n * 4);
  else if (to == I32) LOOP ((int32_t *)y)[i] = toInt(x[i]);
  else if (to == U8) LOOP ((uint8_t *)y)[i] = (uint8_t)(int32_t)clampByte(x[i]);
  else if (to == BOOL) LOOP ((uint8_t *)y)[i] = x[i] != 0;
  else if (to == F16) LOOP ((uint16_t *)y)[i] = floatToHalf(x[i]);
  else LOOP ((uint16_t *)y)[i] = floatToBrain(x[i]);
}

static void fromInts(int to, const int32_t *x, int n, char *y) {
  if (to == I32) __builtin_memcpy(y, x, (size_t)n * 4);
  else if (to == F32) LOOP ((float *)y)[i] = (float)x[i];
  else if (to == U8) LOOP ((uint8_t *)y)[i] = (uint8_t)x[i];
  else if (to == BOOL) LOOP ((uint8_t *)y)[i] = x[i] != 0;
  else if (to == F16) LOOP ((uint16_t *)y)[i] = floatToHalf((float)x[i]);
  else LOOP ((uint16_t *)y)[i] = floatToBrain((float)x[i]);
}

static const int8_t bytesOf[] = {[F32] = 4, [I32] = 4, [U8] = 1, [BOOL] = 1, [F16] = 2, [BF16] = 2};

static void convertPart(const void *p, int task, int worker) {
  const ToDtypeArgs *args = p;
  int isFloat = args->from == F32 || args->from >= F16;
  Range range = taskRange(args->n, 64, task, args->tasks);
  _Alignas(16) char block[BLOCK * 4];
  for (int at = range.begin; at < range.end; at += BLOCK) {
    int n = minInt(BLOCK, range.end - at);
    const char *x = args->x + (size_t)at * bytesOf[args->from];
    char *y = args->y + (size_t)at * bytesOf[args->to];
    const void *wide = args->from <= I32 ? (const void *)x : block;
    if (args->from > I32) widen(args->from, x, n, block);
    if (isFloat) fromFloats(args->to, wide, n, y);
    else fromInts(args->to, wide, n, y);
  }
}

KERNEL(toDtype, ToDtypeArgs) { parallelFor(convertPart, args, args->tasks); }
