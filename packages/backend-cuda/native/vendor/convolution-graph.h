#pragma once
#include "convolution-plan.h"
#include "descriptor.h"

/** The operations of a convolution as cuDNN's descriptors. Operand i of the plan has the unique id i + 1. */
class ConvolutionGraph {
 public:
  ConvolutionGraph(const cudnn::Library& library, cudnn::Handle handle, const ConvolutionDescription& description);

  const cudnn::Owned& graph() const { return *graph_; }
  int64_t operands() const { return operands_; }

 private:
  using Sizes = std::vector<int64_t>;

  cudnn::Owned& add(cudnn::DescriptorType type);
  /** A tensor that the caller has, the next operand; its elements lie in logical order. */
  const cudnn::Owned& operand(const Sizes& sizes, cudnn::DataType type);
  /** An f32 that only the graph sees. */
  const cudnn::Owned& between(const Sizes& sizes);
  const cudnn::Owned& tensor(const Sizes& sizes, cudnn::DataType type, int64_t id, bool isVirtual);
  const cudnn::Owned& convolution();
  void forward();
  void inputGrad();
  void weightGrad();
  /** Operands are w, x and y; names those of alpha, beta, the convolution, w, x and y. */
  void convolve(cudnn::DescriptorType type, const cudnn::Owned* const (&operands)[3], const cudnn::Attribute (&names)[6]);
  void pointwise(const cudnn::Owned& mode, const cudnn::Owned& x, const cudnn::Owned* b, const cudnn::Owned& y);
  cudnn::Owned& mode(cudnn::PointwiseMode mode);
  const cudnn::Owned& activation();

  const cudnn::Library& library_;
  const ConvolutionDescription& of_;
  const cudnn::DataType type_;
  const Sizes x_, weight_, y_;
  int64_t operands_ = 0;
  int64_t betweens_ = 0;
  /** All but the graph, which is used as long as they live. */
  std::vector<std::unique_ptr<cudnn::Owned>> parts_;
  std::vector<cudnn::Descriptor> operations_;
  std::unique_ptr<cudnn::Owned> graph_;
};
