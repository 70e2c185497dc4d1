#include "libraries.h"

Libraries::~Libraries() {
  plans_.clear([](std::shared_ptr<LibraryPlan>& plan) { plan.reset(); });
  if (cudnn_) cudnn_->cudnnDestroy(cudnnHandle_);
  if (cublasLt_) cublasLt_->cublasLtDestroy(cublasLtHandle_);
}

size_t Libraries::useCublasLt(const std::string& path) {
  if (cublasLt_) throw badArgument("cuBLASLt is loaded already");
  const cublaslt::Library& library = cublasLtAt(path);
  LIBRARY_CALL(library, cublasLtCreate, &cublasLtHandle_);
  cublasLt_ = &library;
  return library.version;
}

size_t Libraries::useCudnn(const std::string& path) {
  if (cudnn_) throw badArgument("cuDNN is loaded already");
  const cudnn::Library& library = cudnnAt(path);
  LIBRARY_CALL(library, cudnnCreate, &cudnnHandle_);
  cudnn_ = &library;
  return library.version;
}

uint64_t Libraries::plan(const MatmulDescription& description) {
  if (!cublasLt_) throw badArgument("cuBLASLt isn't loaded");
  return plans_.add(planMatmul(*cublasLt_, cublasLtHandle_, description));
}

uint64_t Libraries::plan(const ConvolutionDescription& description) {
  if (!cudnn_) throw badArgument("cuDNN isn't loaded");
  return plans_.add(planConvolution(*cudnn_, cudnnHandle_, description));
}

void Libraries::release(uint64_t plan) {
  const std::shared_ptr<LibraryPlan> released = plans_.take(plan);
  CUDA_CALL(context_.driver, cuStreamSynchronize, context_.stream);
}
