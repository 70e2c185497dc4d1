// What is combined to what, for reductions: a value to begin with and one made of two, the same in any order but for rounding.
#pragma once
#include "device.h"

struct Sum {
  using Value = float;
  __device__ static Value neutral() { return 0; }
  __device__ static Value combine(Value a, Value b) { return a + b; }
};

/** Past 2³¹ it goes on from −2³¹. */
struct SumInts {
  using Value = int32_t;
  __device__ static Value neutral() { return 0; }
  __device__ static Value combine(Value a, Value b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};

/** NaN if there is one. */
struct Largest {
  using Value = float;
  __device__ static Value neutral() { return -INFINITY; }
  __device__ static Value combine(Value a, Value b) { return a != a || a > b ? a : b; }
};

struct LargestInt {
  using Value = int32_t;
  __device__ static Value neutral() { return -2147483647 - 1; }
  __device__ static Value combine(Value a, Value b) { return a > b ? a : b; }
};

struct Product {
  using Value = float;
  __device__ static Value neutral() { return 1; }
  __device__ static Value combine(Value a, Value b) { return a * b; }
};
