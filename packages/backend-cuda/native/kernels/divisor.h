// Division of numbers below 2³¹ by one that the plan knows: a product and a shift in place of some twenty instructions.
// After T. Granlund and P. Montgomery, "Division by Invariant Integers using Multiplication", figure 4.1; src/kernels/divisor.ts.
#pragma once
#include "device.h"

struct Divisor {
  uint32_t value, multiplier, shift;
};

struct Division {
  uint32_t quotient, rest;
};

__device__ inline Division divide(uint32_t number, const Divisor& by) {
  const uint32_t quotient = (__umulhi(number, by.multiplier) + number) >> by.shift;
  return {quotient, number - quotient * by.value};
}
