#pragma once
#include <memory>

#include "library-plan.h"
#include "library-table.h"

/** y = op(a) · op(b), all row by row; `src/vendor/describe-matmul.ts` writes the same numbers. */
struct MatmulDescription {
  /** 0 f32, 1 f16, 2 bf16. */
  int64_t dtype;
  /** f32 may be rounded to TF32. */
  int64_t isTf32;
  /** Of y [m, n]; terms of a sum. */
  int64_t m, n, k;
  /** a lies as [k, m], b as [n, k]. */
  int64_t isATransposed, isBTransposed;
  int64_t entries;
  /** Elements from one matrix of a and of b to the next; 0 for one matrix for all. */
  int64_t strideA, strideB;
  /** Of scratch memory. */
  int64_t mostWorkspaceBytes;
};

/** A plan with the operands a, b, y. @throws Failure where cuBLASLt has no algorithm. */
std::unique_ptr<LibraryPlan> planMatmul(const cublaslt::Library& library, cublaslt::Handle handle,
                                        const MatmulDescription& description);
