// Compiles only where native/vendor/cublaslt.h says what a real cublasLt.h says: `node scripts/check-vendor-abi.mjs`.
#include "../vendor/cublaslt.h"
#include "same-abi.h"
#include <cublasLt.h>

#define CHECK_SIGNATURE(name, parameters) \
  namespace cublaslt { Status ours_##name parameters; } \
  static_assert(sameSignature<decltype(cublaslt::ours_##name), decltype(::name)>, #name);
CUBLASLT_FUNCTIONS(CHECK_SIGNATURE)
static_assert(sameSignature<cublaslt::GetVersion, decltype(::cublasLtGetVersion)>);
static_assert(sameSignature<cublaslt::GetStatusName, decltype(::cublasLtGetStatusName)>);

#define CHECK(ours, theirs) static_assert(static_cast<int>(cublaslt::ours) == static_cast<int>(theirs), #ours)
CHECK(SUCCESS, CUBLAS_STATUS_SUCCESS);
CHECK(NOT_INITIALIZED, CUBLAS_STATUS_NOT_INITIALIZED);
CHECK(INVALID_VALUE, CUBLAS_STATUS_INVALID_VALUE);
CHECK(EXECUTION_FAILED, CUBLAS_STATUS_EXECUTION_FAILED);
CHECK(NOT_SUPPORTED, CUBLAS_STATUS_NOT_SUPPORTED);
CHECK(R_32F, CUDA_R_32F);
CHECK(R_16F, CUDA_R_16F);
CHECK(R_16BF, CUDA_R_16BF);
CHECK(COMPUTE_32F, CUBLAS_COMPUTE_32F);
CHECK(COMPUTE_32F_FAST_TF32, CUBLAS_COMPUTE_32F_FAST_TF32);
CHECK(OP_N, CUBLAS_OP_N);
CHECK(OP_T, CUBLAS_OP_T);
CHECK(TRANSA, CUBLASLT_MATMUL_DESC_TRANSA);
CHECK(TRANSB, CUBLASLT_MATMUL_DESC_TRANSB);
CHECK(BATCH_COUNT, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT);
CHECK(STRIDED_BATCH_OFFSET, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET);
CHECK(MAX_WORKSPACE_BYTES, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES);
CHECK(REDUCTION_SCHEME_MASK, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK);
CHECK(REDUCTION_SCHEME_COMPUTE_TYPE, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
static_assert(sizeof(cublaslt::Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(cublaslt::HeuristicResult) == sizeof(cublasLtMatmulHeuristicResult_t));
static_assert(offsetof(cublaslt::HeuristicResult, workspaceBytes) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize));
static_assert(offsetof(cublaslt::HeuristicResult, state) == offsetof(cublasLtMatmulHeuristicResult_t, state));
