// The part of cuBLASLt (12 and 13) that is used here, declared by ourselves. Values and signatures are NVIDIA's ABI (cuBLAS
// documentation, "Using the cuBLASLt API"); native/test/cublaslt-abi.cc compares them with a real cublasLt.h.
#pragma once
#include <cstddef>
#include <cstdint>

#include "../driver.h"

namespace cublaslt {

using Status = int;
using Handle = struct HandleState*;
using MatmulDesc = struct MatmulDescState*;
using MatrixLayout = struct MatrixLayoutState*;
using Preference = struct PreferenceState*;

enum StatusValue : Status {
  SUCCESS = 0,
  NOT_INITIALIZED = 1,
  INVALID_VALUE = 7,
  EXECUTION_FAILED = 13,
  NOT_SUPPORTED = 15,
};

/** cudaDataType. */
enum DataType : int { R_32F = 0, R_16F = 2, R_16BF = 14 };

enum ComputeType : int {
  /** Products and sums in f32; tensor cores for f16 and bf16, never for f32. */
  COMPUTE_32F = 68,
  /** f32 rounded to TF32 before it is multiplied. */
  COMPUTE_32F_FAST_TF32 = 77,
};

enum Operation : int32_t { OP_N = 0, OP_T = 1 };

enum MatmulDescAttribute : int { TRANSA = 3, TRANSB = 4 };

enum MatrixLayoutAttribute : int { BATCH_COUNT = 5, STRIDED_BATCH_OFFSET = 6 };

enum PreferenceAttribute : int { MAX_WORKSPACE_BYTES = 1, REDUCTION_SCHEME_MASK = 3 };

/** Parts of k may be summed up apart, as f32 in the workspace, and added in a step of their own, in order. */
constexpr uint32_t REDUCTION_SCHEME_COMPUTE_TYPE = 2;

struct Algorithm {
  uint64_t data[8];
};

struct HeuristicResult {
  Algorithm algorithm;
  size_t workspaceBytes;
  Status state;
  float waves;
  int reserved[4];
};

/** Every function that is called and gives a status: X(symbol, parameters). Matrices lie column by column. */
#define CUBLASLT_FUNCTIONS(X)                                                                                                  \
  X(cublasLtCreate, (Handle * handle))                                                                                         \
  X(cublasLtDestroy, (Handle handle))                                                                                          \
  X(cublasLtMatmulDescCreate, (MatmulDesc * desc, int computeType, int scaleType))                                             \
  X(cublasLtMatmulDescDestroy, (MatmulDesc desc))                                                                              \
  X(cublasLtMatmulDescSetAttribute, (MatmulDesc desc, int attribute, const void* value, size_t bytes))                         \
  X(cublasLtMatrixLayoutCreate, (MatrixLayout * layout, int type, uint64_t rows, uint64_t columns, int64_t leading))           \
  X(cublasLtMatrixLayoutDestroy, (MatrixLayout layout))                                                                        \
  X(cublasLtMatrixLayoutSetAttribute, (MatrixLayout layout, int attribute, const void* value, size_t bytes))                   \
  X(cublasLtMatmulPreferenceCreate, (Preference * preference))                                                                 \
  X(cublasLtMatmulPreferenceDestroy, (Preference preference))                                                                  \
  X(cublasLtMatmulPreferenceSetAttribute, (Preference preference, int attribute, const void* value, size_t bytes))             \
  X(cublasLtMatmulAlgoGetHeuristic,                                                                                            \
    (Handle handle, MatmulDesc desc, MatrixLayout a, MatrixLayout b, MatrixLayout c, MatrixLayout d, Preference preference,    \
     int wanted, HeuristicResult* results, int* count))                                                                        \
  X(cublasLtMatmul,                                                                                                            \
    (Handle handle, MatmulDesc desc, const void* alpha, const void* a, MatrixLayout aLayout, const void* b,                    \
     MatrixLayout bLayout, const void* beta, const void* c, MatrixLayout cLayout, void* d, MatrixLayout dLayout,               \
     const Algorithm* algorithm, void* workspace, size_t workspaceBytes, cuda::CUstream stream))

/** 130101 is 13.1.1. */
using GetVersion = size_t();
using GetStatusName = const char*(Status status);

}  // namespace cublaslt
