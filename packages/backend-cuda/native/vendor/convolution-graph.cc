#include "convolution-graph.h"

using namespace cudnn;

namespace {

constexpr DataType TYPES[] = {DATA_FLOAT, DATA_HALF, DATA_BFLOAT16};
/** Device memory comes in blocks that begin at multiples of 256; 16 is what engines ask for. */
constexpr int64_t ALIGNMENT = 16;
/** Ids of tensors that aren't operands. */
constexpr int64_t FIRST_BETWEEN = 1000;

std::vector<int64_t> stridesOf(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size(), 1);
  for (size_t axis = sizes.size() - 1; axis > 0; axis--) strides[axis - 1] = strides[axis] * sizes[axis];
  return strides;
}

}  // namespace

ConvolutionGraph::ConvolutionGraph(const Library& library, Handle handle, const ConvolutionDescription& of)
    : library_(library),
      of_(of),
      type_(TYPES[of.dtype]),
      x_{of.n, of.c, of.h, of.w},
      weight_{of.o, of.c / of.groups, of.kh, of.kw},
      y_{of.n, of.o, of.ho, of.wo} {
  if (of.direction == ConvolutionDescription::FORWARD) forward();
  else if (of.direction == ConvolutionDescription::INPUT_GRAD) inputGrad();
  else weightGrad();
  graph_ = std::make_unique<Owned>(library, OPERATIONGRAPH_DESCRIPTOR);
  graph_->set(OPERATIONGRAPH_HANDLE, TYPE_HANDLE, 1, &handle)
      .set(OPERATIONGRAPH_OPS, TYPE_BACKEND_DESCRIPTOR, static_cast<int64_t>(operations_.size()), operations_.data())
      .finalize();
}

void ConvolutionGraph::forward() {
  const Owned& x = operand(x_, type_);
  const Owned& weight = operand(weight_, type_);
  const Sizes channels{1, of_.o, 1, 1};
  // What is done to a sum, in order: an operation and its other operand, if it has one.
  std::vector<std::pair<const Owned*, const Owned*>> steps;
  if (of_.hasScale) steps.emplace_back(&mode(POINTWISE_MUL).finalize(), &operand(channels, DATA_FLOAT));
  if (of_.hasShift) steps.emplace_back(&mode(POINTWISE_ADD).finalize(), &operand(channels, DATA_FLOAT));
  if (of_.hasResidual) steps.emplace_back(&mode(POINTWISE_ADD).finalize(), &operand(y_, type_));
  if (of_.activation != ConvolutionDescription::NO_ACTIVATION) steps.emplace_back(&activation(), nullptr);
  const Owned& y = operand(y_, type_);
  const Owned* value = steps.empty() ? &y : &between(y_);
  convolve(OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, {&weight, &x, value},
           {OPERATION_CONVOLUTION_FORWARD_ALPHA, OPERATION_CONVOLUTION_FORWARD_BETA, OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
            OPERATION_CONVOLUTION_FORWARD_W, OPERATION_CONVOLUTION_FORWARD_X, OPERATION_CONVOLUTION_FORWARD_Y});
  for (size_t step = 0; step < steps.size(); step++) {
    const Owned* result = step + 1 == steps.size() ? &y : &between(y_);
    pointwise(*steps[step].first, *value, steps[step].second, *result);
    value = result;
  }
}

void ConvolutionGraph::inputGrad() {
  const Owned& dy = operand(y_, type_);
  const Owned& weight = operand(weight_, type_);
  const Owned& dx = operand(x_, type_);
  convolve(OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, {&weight, &dx, &dy},
           {OPERATION_CONVOLUTION_BWD_DATA_ALPHA, OPERATION_CONVOLUTION_BWD_DATA_BETA, OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
            OPERATION_CONVOLUTION_BWD_DATA_W, OPERATION_CONVOLUTION_BWD_DATA_DX, OPERATION_CONVOLUTION_BWD_DATA_DY});
}

void ConvolutionGraph::weightGrad() {
  const Owned& x = operand(x_, type_);
  const Owned& dy = operand(y_, type_);
  const Owned& dw = operand(weight_, type_);
  convolve(OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, {&dw, &x, &dy},
           {OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, OPERATION_CONVOLUTION_BWD_FILTER_BETA,
            OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC, OPERATION_CONVOLUTION_BWD_FILTER_DW, OPERATION_CONVOLUTION_BWD_FILTER_X,
            OPERATION_CONVOLUTION_BWD_FILTER_DY});
}

Owned& ConvolutionGraph::add(DescriptorType type) {
  return *parts_.emplace_back(std::make_unique<Owned>(library_, type));
}

const Owned& ConvolutionGraph::operand(const Sizes& sizes, DataType type) { return tensor(sizes, type, ++operands_, false); }

const Owned& ConvolutionGraph::between(const Sizes& sizes) {
  return tensor(sizes, DATA_FLOAT, FIRST_BETWEEN + betweens_++, true);
}

const Owned& ConvolutionGraph::tensor(const Sizes& sizes, DataType type, int64_t id, bool isVirtual) {
  return add(TENSOR_DESCRIPTOR)
      .set(TENSOR_DATA_TYPE, TYPE_DATA_TYPE, type)
      .set(TENSOR_DIMENSIONS, sizes)
      .set(TENSOR_STRIDES, stridesOf(sizes))
      .set(TENSOR_UNIQUE_ID, id)
      .set(TENSOR_BYTE_ALIGNMENT, ALIGNMENT)
      .set(TENSOR_IS_VIRTUAL, TYPE_BOOLEAN, 1, &isVirtual)
      .finalize();
}

const Owned& ConvolutionGraph::convolution() {
  const auto& [top, bottom, left, right] = of_.padding;
  return add(CONVOLUTION_DESCRIPTOR)
      .set(CONVOLUTION_COMP_TYPE, TYPE_DATA_TYPE, DATA_FLOAT)
      .set(CONVOLUTION_CONV_MODE, TYPE_CONVOLUTION_MODE, CROSS_CORRELATION)
      .set(CONVOLUTION_SPATIAL_DIMS, int64_t{2})
      .set(CONVOLUTION_FILTER_STRIDES, Sizes{of_.stride[0], of_.stride[1]})
      .set(CONVOLUTION_PRE_PADDINGS, Sizes{top, left})
      .set(CONVOLUTION_POST_PADDINGS, Sizes{bottom, right})
      .set(CONVOLUTION_DILATIONS, Sizes{of_.dilation[0], of_.dilation[1]})
      .finalize();
}

void ConvolutionGraph::convolve(DescriptorType type, const Owned* const (&operands)[3], const Attribute (&names)[6]) {
  const auto& [alpha, beta, conv, w, x, y] = names;
  Owned& operation = add(type);
  operation.set(conv, convolution()).set(w, *operands[0]).set(x, *operands[1]).set(y, *operands[2]);
  operations_.push_back(operation.set(alpha, 1.0f).set(beta, 0.0f).finalize().get());
}

void ConvolutionGraph::pointwise(const Owned& mode, const Owned& x, const Owned* b, const Owned& y) {
  Owned& operation = add(OPERATION_POINTWISE_DESCRIPTOR);
  operation.set(OPERATION_POINTWISE_PW_DESCRIPTOR, mode).set(OPERATION_POINTWISE_XDESC, x).set(OPERATION_POINTWISE_YDESC, y);
  if (b) operation.set(OPERATION_POINTWISE_BDESC, *b);
  operations_.push_back(operation.finalize().get());
}

Owned& ConvolutionGraph::mode(PointwiseMode mode) {
  return add(POINTWISE_DESCRIPTOR)
      .set(POINTWISE_MODE, TYPE_POINTWISE_MODE, mode)
      .set(POINTWISE_MATH_PREC, TYPE_DATA_TYPE, DATA_FLOAT);
}

const Owned& ConvolutionGraph::activation() {
  if (of_.activation == ConvolutionDescription::SILU) return mode(POINTWISE_SWISH_FWD).set(POINTWISE_SWISH_BETA, 1.0).finalize();
  Owned& relu = mode(POINTWISE_RELU_FWD).set(POINTWISE_RELU_LOWER_CLIP, 0.0);
  if (of_.activation == ConvolutionDescription::RELU6) relu.set(POINTWISE_RELU_UPPER_CLIP, 6.0);
  return relu.finalize();
}
