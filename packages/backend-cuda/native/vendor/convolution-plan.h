#pragma once
#include <memory>

#include "library-plan.h"
#include "library-table.h"

/** A convolution of x [n, c, h, w] to y [n, o, ho, wo]; `src/vendor/describe-convolution.ts` writes the same numbers. */
struct ConvolutionDescription {
  enum Direction : int64_t {
    /** x, weight, then scale, shift and residual where they are, y = activation(conv(x, weight) · scale + shift + residual). */
    FORWARD,
    /** dy, weight, dx. */
    INPUT_GRAD,
    /** x, dy, dw. */
    WEIGHT_GRAD,
  };

  enum Activation : int64_t { NO_ACTIVATION, RELU, RELU6, SILU };

  int64_t direction;
  /** 0 f32, 1 f16, 2 bf16; scale and shift are f32. */
  int64_t dtype;
  /** f32 may be rounded to TF32. */
  int64_t isTf32;
  int64_t n, c, h, w, o, kh, kw, ho, wo, groups;
  int64_t stride[2], padding[4], dilation[2];
  int64_t hasScale, hasShift, hasResidual;
  int64_t activation;
  /** Of scratch memory. */
  int64_t mostWorkspaceBytes;
};

/** A plan with the direction's operands. @throws Failure where cuDNN has no engine that is exact enough. */
std::unique_ptr<LibraryPlan> planConvolution(const cudnn::Library& library, cudnn::Handle handle,
                                             const ConvolutionDescription& description);
