// The operations themselves, in f64, on tensors of any strides.
#include "compute.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "../library-objects.h"

namespace cudnn {
namespace {

using Sizes = std::vector<int64_t>;

/** A tensor's elements, wherever they are. */
struct View {
  const Sizes& sizes;
  const Sizes& strides;
  int type;
  void* data;
  std::vector<double>* between;

  int64_t at(int64_t i, int64_t j, int64_t k, int64_t l) const {
    const auto index = [&](size_t axis, int64_t value) { return sizes[axis] == 1 ? 0 : value * strides[axis]; };
    return index(0, i) + index(1, j) + index(2, k) + index(3, l);
  }
  double get(int64_t at) const {
    if (between) return (*between)[static_cast<size_t>(at)];
    if (type == DATA_FLOAT) return host::load<float>(data, at);
    return type == DATA_HALF ? host::load<f16>(data, at) : host::load<bf16>(data, at);
  }
  void put(int64_t at, double value) const {
    if (between) (*between)[static_cast<size_t>(at)] = value;
    else if (type == DATA_FLOAT) host::store<float>(data, at, value);
    else if (type == DATA_HALF) host::store<f16>(data, at, value);
    else host::store<bf16>(data, at, value);
  }
};

/** Tensors of one run. */
class Tensors {
 public:
  explicit Tensors(const std::map<int64_t, void*>& pointers) : pointers_(pointers) {}

  View view(const Object& tensor) {
    const int64_t id = tensor.whole(TENSOR_UNIQUE_ID);
    const bool isVirtual = tensor.has(TENSOR_IS_VIRTUAL) && tensor.whole(TENSOR_IS_VIRTUAL);
    std::vector<double>* between = nullptr;
    if (isVirtual) {
      between = &betweens_[id];
      between->resize(bytesOf(tensor) / 4);
    }
    return {tensor.wholes(TENSOR_DIMENSIONS), tensor.wholes(TENSOR_STRIDES), static_cast<int>(tensor.whole(TENSOR_DATA_TYPE)),
            isVirtual ? nullptr : pointers_.at(id), between};
  }

 private:
  const std::map<int64_t, void*>& pointers_;
  std::map<int64_t, std::vector<double>> betweens_;
};

/** Calls `visit(index of x, of w, of y)` for every product of a convolution. */
template <class Visit>
void forEachProduct(const Object& conv, const View& x, const View& w, const View& y, Visit visit) {
  const Sizes &before = conv.wholes(CONVOLUTION_PRE_PADDINGS), &stride = conv.wholes(CONVOLUTION_FILTER_STRIDES),
              &dilation = conv.wholes(CONVOLUTION_DILATIONS);
  const int64_t channels = w.sizes[1];
  const int64_t groupRows = w.sizes[0] / (x.sizes[1] / channels);
  for (int64_t n = 0; n < y.sizes[0]; n++)
    for (int64_t o = 0; o < y.sizes[1]; o++)
      for (int64_t c = 0; c < channels; c++)
        for (int64_t i = 0; i < y.sizes[2] * y.sizes[3]; i++)
          for (int64_t j = 0; j < w.sizes[2] * w.sizes[3]; j++) {
            const int64_t row = i / y.sizes[3], column = i % y.sizes[3], kh = j / w.sizes[3], kw = j % w.sizes[3];
            const int64_t h = row * stride[0] - before[0] + kh * dilation[0];
            const int64_t v = column * stride[1] - before[1] + kw * dilation[1];
            if (h < 0 || v < 0 || h >= x.sizes[2] || v >= x.sizes[3]) continue;
            visit(x.at(n, o / groupRows * channels + c, h, v), w.at(o, c, kh, kw), y.at(n, o, row, column));
          }
}

template <class Visit>
void forEachElement(const View& y, Visit visit) {
  for (int64_t i = 0; i < y.sizes[0]; i++)
    for (int64_t j = 0; j < y.sizes[1]; j++)
      for (int64_t k = 0; k < y.sizes[2]; k++)
        for (int64_t l = 0; l < y.sizes[3]; l++) visit(i, j, k, l);
}

double flawed(double sum, Flaw flaw) {
  static std::atomic<int> runs{0};
  if (flaw == Flaw::WINOGRAD) return sum * 1.01;
  return flaw == Flaw::DIFFERS_EACH_TIME ? sum * (1 + 1e-6 * ++runs) : sum;
}

void convolve(const Object& operation, Tensors& tensors, Flaw flaw) {
  const int first = operation.type == OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR         ? 700
                    : operation.type == OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? 706
                                                                                       : 712;
  const View w = tensors.view(operation.object(first + 3));
  const View x = tensors.view(operation.object(first + 4));
  const View y = tensors.view(operation.object(first + 5));
  const View& result = operation.type == OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR         ? y
                       : operation.type == OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? x
                                                                                          : w;
  const auto input = [&](const View& view, int64_t at) {
    const double value = view.get(at);
    return flaw == Flaw::TF32 ? static_cast<double>(host::toTf32(static_cast<float>(value))) : value;
  };
  const Sizes& sizes = result.sizes;
  std::vector<double> sums(static_cast<size_t>(result.at(sizes[0] - 1, sizes[1] - 1, sizes[2] - 1, sizes[3] - 1)) + 1);
  forEachProduct(operation.object(first + 2), x, w, y, [&](int64_t atX, int64_t atW, int64_t atY) {
    if (&result == &y) sums[static_cast<size_t>(atY)] += input(x, atX) * input(w, atW);
    else if (&result == &x) sums[static_cast<size_t>(atX)] += input(y, atY) * input(w, atW);
    else sums[static_cast<size_t>(atW)] += input(x, atX) * input(y, atY);
  });
  forEachElement(result, [&](int64_t i, int64_t j, int64_t k, int64_t l) {
    const int64_t at = result.at(i, j, k, l);
    result.put(at, flawed(sums[static_cast<size_t>(at)], flaw));
  });
}

double pointwise(const Object& mode, double x, double b) {
  switch (mode.whole(POINTWISE_MODE)) {
    case POINTWISE_ADD: return x + b;
    case POINTWISE_MUL: return x * b;
    case POINTWISE_SWISH_FWD: return x / (1 + std::exp(-mode.real(POINTWISE_SWISH_BETA, 1) * x));
    default: {
      // A NaN is neither below nor above.
      const double low = mode.real(POINTWISE_RELU_LOWER_CLIP, 0), high = mode.real(POINTWISE_RELU_UPPER_CLIP, INFINITY);
      return x < low ? low : x > high ? high : x;
    }
  }
}

void applyPointwise(const Object& operation, Tensors& tensors) {
  const Object& mode = operation.object(OPERATION_POINTWISE_PW_DESCRIPTOR);
  const View x = tensors.view(operation.object(OPERATION_POINTWISE_XDESC));
  const View y = tensors.view(operation.object(OPERATION_POINTWISE_YDESC));
  const bool isBinary = operation.has(OPERATION_POINTWISE_BDESC);
  const View b = isBinary ? tensors.view(operation.object(OPERATION_POINTWISE_BDESC)) : x;
  forEachElement(y, [&](int64_t i, int64_t j, int64_t k, int64_t l) {
    y.put(y.at(i, j, k, l), pointwise(mode, x.get(x.at(i, j, k, l)), isBinary ? b.get(b.at(i, j, k, l)) : 0));
  });
}

}  // namespace

size_t bytesOf(const Object& tensor) {
  const Sizes &sizes = tensor.wholes(TENSOR_DIMENSIONS), &strides = tensor.wholes(TENSOR_STRIDES);
  int64_t last = 0;
  for (size_t axis = 0; axis < sizes.size(); axis++) last += (sizes[axis] - 1) * strides[axis];
  return static_cast<size_t>(last + 1) * (tensor.whole(TENSOR_DATA_TYPE) == DATA_FLOAT ? 4 : 2);
}

void compute(const std::vector<Shared>& operations, const std::map<int64_t, void*>& pointers, Flaw flaw) {
  Tensors tensors(pointers);
  for (const Shared& operation : operations) {
    if (operation->type == OPERATION_POINTWISE_DESCRIPTOR) applyPointwise(*operation, tensors);
    else convolve(*operation, tensors, flaw);
  }
}

}  // namespace cudnn
