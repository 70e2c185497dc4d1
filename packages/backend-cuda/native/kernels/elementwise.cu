// y = f(a, b, c), element by element with broadcasting: one kernel for each op and dtype, around a line of C++ for the op.
// Elements of 16 bits are computed in f32 and rounded once. A thread makes four neighbours of y: 16 bytes of f32, so that a warp reads
// and writes whole lines of memory; buffers are long enough for a last quad past their end.
#include "elementwise-math.h"
#include "quads.h"

struct ElementwiseAxis {
  uint32_t size;
  /** Elements of a, b and c from one index to the next. */
  uint32_t steps[3];
};

/** How an operand runs along y: element by element, one for all, or by steps along axes. */
enum Walk : uint32_t { EACH, ONE, STEPS };

struct ElementwiseParams {
  const void* operands[3];
  void* y;
  uint32_t elements;
  uint32_t rank;
  uint32_t walks[3];
  /** Numbers of the op, such as a slope. */
  float p0, p1;
  ElementwiseAxis axes[8];
};

/** Four neighbours of operand `i`, where y's begin at `first`. */
template <class T, int i>
__device__ Quad<T> operandAt(const ElementwiseParams& p, uint32_t first) {
  const T* const x = static_cast<const T*>(p.operands[i]);
  if (p.walks[i] == EACH) return loadQuad(x + first);
  Quad<T> result;
  for (int j = 0; j < 4; j++) {
    uint32_t at = 0;
    if (p.walks[i] == STEPS) {
      // Past the end the last element is made again: its neighbours are nobody's.
      uint32_t rest = min(first + j, p.elements - 1);
      for (uint32_t axis = p.rank; axis > 0; axis--) {
        const ElementwiseAxis& row = p.axes[axis - 1];
        at += rest % row.size * row.steps[i];
        rest /= row.size;
      }
    }
    result.at[j] = x[at];
  }
  return result;
}

/** y = f(a): f takes and gives what elements are computed as. */
template <class T, class Y, class F>
__device__ void unary(const ElementwiseParams& p, F f) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const Quad<T> a = operandAt<T, 0>(p, first);
  Quad<Y> y;
  for (int j = 0; j < 4; j++) y.at[j] = narrow<Y>(f(wide(a.at[j])));
  storeQuad(static_cast<Y*>(p.y) + first, y);
}

template <class T, class Y, class F>
__device__ void binary(const ElementwiseParams& p, F f) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const Quad<T> a = operandAt<T, 0>(p, first);
  const Quad<T> b = operandAt<T, 1>(p, first);
  Quad<Y> y;
  for (int j = 0; j < 4; j++) y.at[j] = narrow<Y>(f(wide(a.at[j]), wide(b.at[j])));
  storeQuad(static_cast<Y*>(p.y) + first, y);
}

/** condition ? a : b, whatever T's bits mean. */
template <class T>
__device__ void choose(const ElementwiseParams& p) {
  const uint32_t first = firstOfQuad();
  if (first >= p.elements) return;
  const Quad<uint8_t> condition = operandAt<uint8_t, 0>(p, first);
  const Quad<T> a = operandAt<T, 1>(p, first);
  const Quad<T> b = operandAt<T, 2>(p, first);
  Quad<T> y;
  for (int j = 0; j < 4; j++) y.at[j] = condition.at[j] ? a.at[j] : b.at[j];
  storeQuad(static_cast<T*>(p.y) + first, y);
}

// clang-format off
#define FORM(form, name, dtype, T, Y, parameters, expression) \
  KERNEL(name##_##dtype, ElementwiseParams, 256) { form<T, Y>(p, [&] parameters { return expression; }); }
#define FLOATS(form, name, parameters, expression)                 \
  FORM(form, name, f32, float, float, parameters, expression)      \
  FORM(form, name, f16, f16, f16, parameters, expression)          \
  FORM(form, name, bf16, bf16, bf16, parameters, expression)
#define TESTS(form, name, parameters, expression)                  \
  FORM(form, name, f32, float, uint8_t, parameters, expression)    \
  FORM(form, name, f16, f16, uint8_t, parameters, expression)      \
  FORM(form, name, bf16, bf16, uint8_t, parameters, expression)
#define UNARY(name, expression) FLOATS(unary, name, (float a), expression)
#define BINARY(name, expression) FLOATS(binary, name, (float a, float b), expression)
#define UNARY_INTS(name, expression) FORM(unary, name, i32, int32_t, int32_t, (int32_t a), expression)
#define BINARY_INTS(name, expression) FORM(binary, name, i32, int32_t, int32_t, (int32_t a, int32_t b), expression)
#define COMPARISON(name, expression)                                                 \
  TESTS(binary, name, (float a, float b), static_cast<uint8_t>(expression))          \
  FORM(binary, name, i32, int32_t, uint8_t, (int32_t a, int32_t b), static_cast<uint8_t>(expression))
// clang-format on

UNARY(neg, -a)
UNARY_INTS(neg, wrap(0u - static_cast<uint32_t>(a)))
UNARY(abs, fabsf(a))
UNARY_INTS(abs, a < 0 ? wrap(0u - static_cast<uint32_t>(a)) : a)
UNARY(sign, a != a ? a : static_cast<float>((a > 0) - (a < 0)))
UNARY_INTS(sign, (a > 0) - (a < 0))
UNARY(floor, floorf(a))
UNARY(exp, expf(a))
UNARY(log, logf(a))
UNARY(sqrt, sqrtf(a))
UNARY(rsqrt, rsqrtf(a))
UNARY(erf, erff(a))
UNARY(tanh, tanhf(a))
UNARY(sigmoid, sigmoidOf(a))
UNARY(relu, larger(a, 0))
UNARY(relu6, smaller(larger(a, 0), 6))
UNARY(leakyRelu, a > 0 ? a : a * p.p0)
UNARY(elu, a > 0 ? a : p.p0 * (expf(a) - 1))
UNARY(softplus, a * p.p0 > p.p1 ? a : softplusOf(a * p.p0) / p.p0)
UNARY(silu, a * sigmoidOf(a))
UNARY(mish, a * mishGate(a))
UNARY(gelu, a * cdfOf(a))
UNARY(geluTanh, 0.5f * a * (1 + geluGate(a)))
UNARY(hardsigmoid, smaller(larger(a + 3, 0), 6) / 6)
UNARY(hardswish, a * smaller(larger(a + 3, 0), 6) / 6)
UNARY(clamp, smaller(larger(a, p.p0), p.p1))
TESTS(unary, isNan, (float a), static_cast<uint8_t>(a != a))

BINARY(add, a + b)
BINARY_INTS(add, wrap(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)))
BINARY(sub, a - b)
BINARY_INTS(sub, wrap(static_cast<uint32_t>(a) - static_cast<uint32_t>(b)))
BINARY(mul, a * b)
BINARY_INTS(mul, wrap(static_cast<uint32_t>(a) * static_cast<uint32_t>(b)))
BINARY(div, a / b)
BINARY(pow, powf(a, b))
BINARY(maximum, b != b ? b : larger(a, b))
BINARY_INTS(maximum, a > b ? a : b)
BINARY(minimum, b != b ? b : smaller(a, b))
BINARY_INTS(minimum, a < b ? a : b)
COMPARISON(equal, a == b)
COMPARISON(notEqual, a != b)
COMPARISON(greater, a > b)
COMPARISON(greaterEqual, a >= b)
COMPARISON(less, a < b)
COMPARISON(lessEqual, a <= b)

// a is what the activation saves: y for relu, sigmoid and tanh, else x. b is dy.
BINARY(reluGrad, a <= 0 ? 0 : b)
BINARY(relu6Grad, a <= 0 || a >= 6 ? 0 : b)
BINARY(leakyReluGrad, a > 0 ? b : b * p.p0)
BINARY(eluGrad, a <= 0 ? b * p.p0 * expf(a) : b)
BINARY(sigmoidGrad, b * ((1 - a) * a))
BINARY(tanhGrad, b * (1 - a * a))
BINARY(softplusGrad, a * p.p0 > p.p1 ? b : b * sigmoidOf(a * p.p0))
BINARY(siluGrad, b * siluSlope(a))
BINARY(mishGrad, b * mishSlope(a))
BINARY(geluGrad, b * (cdfOf(a) + a * densityOf(a)))
BINARY(geluTanhGrad, b * geluTanhSlope(a))
BINARY(hardsigmoidGrad, a > -3 && a < 3 ? b / 6 : 0)
BINARY(hardswishGrad, a < -3 ? 0 : a <= 3 ? b * (a / 3 + 0.5f) : b)
BINARY(clampGrad, a >= p.p0 && a <= p.p1 ? b : 0)

KERNEL(where_4, ElementwiseParams, 256) { choose<uint32_t>(p); }
KERNEL(where_2, ElementwiseParams, 256) { choose<uint16_t>(p); }
KERNEL(where_1, ElementwiseParams, 256) { choose<uint8_t>(p); }
