// What each descriptor must have before it is final.
#include "objects.h"

#include <cstring>

namespace cudnn {
namespace {

/** Those without which it can't be finalised. */
const std::map<int, std::vector<int>> REQUIRED = {
    {POINTWISE_DESCRIPTOR, {POINTWISE_MODE, POINTWISE_MATH_PREC}},
    {CONVOLUTION_DESCRIPTOR,
     {CONVOLUTION_COMP_TYPE, CONVOLUTION_CONV_MODE, CONVOLUTION_DILATIONS, CONVOLUTION_FILTER_STRIDES, CONVOLUTION_POST_PADDINGS,
      CONVOLUTION_PRE_PADDINGS, CONVOLUTION_SPATIAL_DIMS}},
    {ENGINEHEUR_DESCRIPTOR, {ENGINEHEUR_MODE, ENGINEHEUR_OPERATION_GRAPH}},
    {EXECUTION_PLAN_DESCRIPTOR, {EXECUTION_PLAN_HANDLE, EXECUTION_PLAN_ENGINE_CONFIG}},
    {OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, {700, 701, 702, 703, 704, 705}},
    {OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR, {706, 707, 708, 709, 710, 711}},
    {OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR, {712, 713, 714, 715, 716, 717}},
    {OPERATION_POINTWISE_DESCRIPTOR,
     {OPERATION_POINTWISE_PW_DESCRIPTOR, OPERATION_POINTWISE_XDESC, OPERATION_POINTWISE_YDESC}},
    {OPERATIONGRAPH_DESCRIPTOR, {OPERATIONGRAPH_HANDLE, OPERATIONGRAPH_OPS}},
    {VARIANT_PACK_DESCRIPTOR, {VARIANT_PACK_UNIQUE_IDS, VARIANT_PACK_DATA_POINTERS, VARIANT_PACK_WORKSPACE}},
    {TENSOR_DESCRIPTOR,
     {TENSOR_BYTE_ALIGNMENT, TENSOR_DATA_TYPE, TENSOR_DIMENSIONS, TENSOR_STRIDES, TENSOR_UNIQUE_ID}},
};

using Sizes = std::vector<int64_t>;
const Sizes& sizesOf(const Object& tensor) { return tensor.wholes(TENSOR_DIMENSIONS); }

bool isTensorRight(const Object& tensor) {
  const Sizes& sizes = sizesOf(tensor);
  if (sizes.size() != 4 || tensor.wholes(TENSOR_STRIDES).size() != 4) return false;
  for (size_t axis = 0; axis < 4; axis++)
    if (sizes[axis] < 1 || tensor.wholes(TENSOR_STRIDES)[axis] < 1) return false;
  return true;
}

/** Sizes of x, w and y as the convolution makes them. */
bool isConvolutionRight(const Object& conv, const Object& w, const Object& x, const Object& y) {
  const Sizes &ofW = sizesOf(w), &ofX = sizesOf(x), &ofY = sizesOf(y);
  const int64_t groups = ofX[1] / ofW[1];
  if (ofX[0] != ofY[0] || ofW[0] != ofY[1] || ofW[1] * groups != ofX[1] || ofW[0] % groups != 0) return false;
  for (size_t axis = 0; axis < 2; axis++) {
    const int64_t extent = conv.wholes(CONVOLUTION_DILATIONS).at(axis) * (ofW[axis + 2] - 1) + 1;
    const int64_t padding = conv.wholes(CONVOLUTION_PRE_PADDINGS).at(axis) + conv.wholes(CONVOLUTION_POST_PADDINGS).at(axis);
    const int64_t room = ofX[axis + 2] + padding - extent;
    if (room < 0 || room / conv.wholes(CONVOLUTION_FILTER_STRIDES).at(axis) + 1 != ofY[axis + 2]) return false;
  }
  return true;
}

bool isPointwiseRight(const Object& operation) {
  const Sizes& y = sizesOf(operation.object(OPERATION_POINTWISE_YDESC));
  const int64_t mode = operation.object(OPERATION_POINTWISE_PW_DESCRIPTOR).whole(POINTWISE_MODE);
  const bool isBinary = mode == POINTWISE_ADD || mode == POINTWISE_MUL;
  if (isBinary != operation.has(OPERATION_POINTWISE_BDESC)) return false;
  if (sizesOf(operation.object(OPERATION_POINTWISE_XDESC)) != y) return false;
  if (!isBinary) return mode == POINTWISE_RELU_FWD || mode == POINTWISE_SWISH_FWD;
  const Sizes& b = sizesOf(operation.object(OPERATION_POINTWISE_BDESC));
  for (size_t axis = 0; axis < 4; axis++)
    if (b[axis] != 1 && b[axis] != y[axis]) return false;
  return true;
}

}  // namespace

size_t elementBytes(int type) {
  if (type == TYPE_BOOLEAN) return 1;
  const bool isWide = type == TYPE_HANDLE || type == TYPE_INT64 || type == TYPE_DOUBLE || type == TYPE_VOID_PTR;
  return isWide || type == TYPE_BACKEND_DESCRIPTOR ? 8 : 4;
}

double Object::real(int name, double otherwise) const {
  if (!has(name)) return otherwise;
  const Value& value = values.at(name);
  double wide = 0;
  float narrow = 0;
  std::memcpy(&wide, value.bits.data(), sizeof wide);
  std::memcpy(&narrow, value.bits.data(), sizeof narrow);
  return value.type == TYPE_DOUBLE ? wide : static_cast<double>(narrow);
}

Status check(const Object& object) {
  const auto required = REQUIRED.find(object.type);
  // An engine and its configuration come final out of a heuristic.
  if (required == REQUIRED.end()) return BAD_PARAM;
  for (const int name : required->second)
    if (!object.has(name)) return BAD_PARAM;
  for (const auto& [name, value] : object.values)
    for (const Shared& part : value.objects)
      if (!part->isFinal) return BAD_PARAM_NOT_FINALIZED;
  if (object.type == TENSOR_DESCRIPTOR && !isTensorRight(object)) return BAD_PARAM;
  if (object.type == OPERATION_POINTWISE_DESCRIPTOR && !isPointwiseRight(object)) return BAD_PARAM_SHAPE_MISMATCH;
  if (object.type < OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR || object.type > OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR)
    return SUCCESS;
  const int first = required->second.front();
  // Forward: w, x, y. By the input: w, dx, dy. By the weight: dw, x, dy.
  if (object.real(first, 0) != 1 || object.real(first + 1, 1) != 0) return NOT_SUPPORTED;
  const auto part = [&](int i) -> const Object& { return object.object(first + i); };
  return isConvolutionRight(part(2), part(3), part(4), part(5)) ? SUCCESS : BAD_PARAM_SHAPE_MISMATCH;
}

}  // namespace cudnn
