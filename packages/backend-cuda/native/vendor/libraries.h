#pragma once
#include "../addon/context.h"
#include "../addon/handles.h"
#include "convolution-plan.h"
#include "matmul-plan.h"

/** NVIDIA's libraries on one device, a handle of each, and plans by number. */
class Libraries {
 public:
  explicit Libraries(const Context& context) : context_(context) {}
  ~Libraries();

  /**
   * Loads a library for this device; its version, as it writes it itself. @throws Failure NO_LIBRARY with the reason, or what the
   * library says that can't work here.
   */
  size_t useCublasLt(const std::string& path);
  size_t useCudnn(const std::string& path);

  /** A plan's number. The device's context must be current. @throws Failure named CUBLAS_… or CUDNN_… where the library can't. */
  uint64_t plan(const MatmulDescription& description);
  uint64_t plan(const ConvolutionDescription& description);
  const std::shared_ptr<LibraryPlan>& get(uint64_t plan) { return plans_.get(plan); }
  /** Waits for the device: what a plan has queued may still need it. Graphs that were recorded with it keep it. */
  void release(uint64_t plan);

 private:
  const Context& context_;
  const cublaslt::Library* cublasLt_ = nullptr;
  const cudnn::Library* cudnn_ = nullptr;
  cublaslt::Handle cublasLtHandle_ = nullptr;
  cudnn::Handle cudnnHandle_ = nullptr;
  Handles<std::shared_ptr<LibraryPlan>> plans_{"plan"};
};
