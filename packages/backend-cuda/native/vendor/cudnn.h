// The part of cuDNN 9 that is used here, declared by ourselves: descriptors of a graph of operations, and plans that run it.
// Values and signatures are NVIDIA's ABI (cuDNN backend API reference); native/test/cudnn-abi.cc compares them with a real cudnn.h.
#pragma once
#include <cstddef>
#include <cstdint>

#include "../driver.h"

namespace cudnn {

using Status = int;
using Handle = struct HandleState*;
/** cudnnBackendDescriptor_t */
using Descriptor = void*;

enum StatusValue : Status {
  SUCCESS = 0,
  BAD_PARAM = 2000,
  BAD_PARAM_NULL_POINTER = 2002,
  BAD_PARAM_NOT_FINALIZED = 2004,
  BAD_PARAM_SHAPE_MISMATCH = 2008,
  BAD_PARAM_ATTRIBUTE_TYPE = 2010,
  NOT_SUPPORTED = 3000,
  EXECUTION_FAILED = 5000,
};

enum DataType : int { DATA_FLOAT = 0, DATA_HALF = 2, DATA_BFLOAT16 = 9 };

enum DescriptorType : int {
  POINTWISE_DESCRIPTOR = 0,
  CONVOLUTION_DESCRIPTOR = 1,
  ENGINE_DESCRIPTOR = 2,
  ENGINECFG_DESCRIPTOR = 3,
  ENGINEHEUR_DESCRIPTOR = 4,
  EXECUTION_PLAN_DESCRIPTOR = 5,
  OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR = 10,
  OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR = 11,
  OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR = 12,
  OPERATION_POINTWISE_DESCRIPTOR = 13,
  OPERATIONGRAPH_DESCRIPTOR = 15,
  VARIANT_PACK_DESCRIPTOR = 16,
  TENSOR_DESCRIPTOR = 17,
};

/** What an attribute's elements are. */
enum AttributeType : int {
  TYPE_HANDLE = 0,
  TYPE_DATA_TYPE = 1,
  TYPE_BOOLEAN = 2,
  TYPE_INT64 = 3,
  TYPE_FLOAT = 4,
  TYPE_DOUBLE = 5,
  TYPE_VOID_PTR = 6,
  TYPE_CONVOLUTION_MODE = 7,
  TYPE_HEUR_MODE = 8,
  TYPE_NUMERICAL_NOTE = 11,
  TYPE_POINTWISE_MODE = 14,
  TYPE_BACKEND_DESCRIPTOR = 15,
};

enum Attribute : int {
  POINTWISE_MODE = 0,
  POINTWISE_MATH_PREC = 1,
  POINTWISE_RELU_LOWER_CLIP = 3,
  POINTWISE_RELU_UPPER_CLIP = 4,
  POINTWISE_SWISH_BETA = 8,
  CONVOLUTION_COMP_TYPE = 100,
  CONVOLUTION_CONV_MODE = 101,
  CONVOLUTION_DILATIONS = 102,
  CONVOLUTION_FILTER_STRIDES = 103,
  CONVOLUTION_POST_PADDINGS = 104,
  CONVOLUTION_PRE_PADDINGS = 105,
  CONVOLUTION_SPATIAL_DIMS = 106,
  ENGINEHEUR_MODE = 200,
  ENGINEHEUR_OPERATION_GRAPH = 201,
  ENGINEHEUR_RESULTS = 202,
  ENGINECFG_ENGINE = 300,
  EXECUTION_PLAN_HANDLE = 400,
  EXECUTION_PLAN_ENGINE_CONFIG = 401,
  EXECUTION_PLAN_WORKSPACE_SIZE = 402,
  /** Three times the six of a convolution: alpha, beta, convolution, w, x, y. */
  OPERATION_CONVOLUTION_FORWARD_ALPHA = 700,
  OPERATION_CONVOLUTION_FORWARD_BETA = 701,
  OPERATION_CONVOLUTION_FORWARD_CONV_DESC = 702,
  OPERATION_CONVOLUTION_FORWARD_W = 703,
  OPERATION_CONVOLUTION_FORWARD_X = 704,
  OPERATION_CONVOLUTION_FORWARD_Y = 705,
  OPERATION_CONVOLUTION_BWD_DATA_ALPHA = 706,
  OPERATION_CONVOLUTION_BWD_DATA_BETA = 707,
  OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC = 708,
  OPERATION_CONVOLUTION_BWD_DATA_W = 709,
  OPERATION_CONVOLUTION_BWD_DATA_DX = 710,
  OPERATION_CONVOLUTION_BWD_DATA_DY = 711,
  OPERATION_CONVOLUTION_BWD_FILTER_ALPHA = 712,
  OPERATION_CONVOLUTION_BWD_FILTER_BETA = 713,
  OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC = 714,
  OPERATION_CONVOLUTION_BWD_FILTER_DW = 715,
  OPERATION_CONVOLUTION_BWD_FILTER_X = 716,
  OPERATION_CONVOLUTION_BWD_FILTER_DY = 717,
  OPERATION_POINTWISE_PW_DESCRIPTOR = 750,
  OPERATION_POINTWISE_XDESC = 751,
  OPERATION_POINTWISE_BDESC = 752,
  OPERATION_POINTWISE_YDESC = 753,
  OPERATIONGRAPH_HANDLE = 800,
  OPERATIONGRAPH_OPS = 801,
  TENSOR_BYTE_ALIGNMENT = 900,
  TENSOR_DATA_TYPE = 901,
  TENSOR_DIMENSIONS = 902,
  TENSOR_STRIDES = 903,
  TENSOR_UNIQUE_ID = 906,
  TENSOR_IS_VIRTUAL = 907,
  VARIANT_PACK_UNIQUE_IDS = 1000,
  VARIANT_PACK_DATA_POINTERS = 1001,
  VARIANT_PACK_WORKSPACE = 1003,
  ENGINE_NUMERICAL_NOTE = 1303,
};

/** The filter isn't turned round. */
constexpr int CROSS_CORRELATION = 1;

enum HeurMode : int { HEUR_MODE_FALLBACK = 2, HEUR_MODE_A = 3 };

enum PointwiseMode : int {
  POINTWISE_ADD = 0,
  POINTWISE_MUL = 1,
  POINTWISE_RELU_FWD = 100,
  POINTWISE_SWISH_FWD = 106,
};

/** What an engine does to the numbers. */
enum NumericalNote : int {
  NOTE_TENSOR_CORE = 0,
  NOTE_DOWN_CONVERT_INPUTS = 1,
  NOTE_REDUCED_PRECISION_REDUCTION = 2,
  NOTE_FFT = 3,
  NOTE_NONDETERMINISTIC = 4,
  NOTE_WINOGRAD = 5,
  NOTE_WINOGRAD_TILE_4x4 = 6,
  NOTE_WINOGRAD_TILE_6x6 = 7,
  NOTE_WINOGRAD_TILE_13x13 = 8,
  NOTE_STRICT_NAN_PROP = 9,
};

/** Every function that is called and gives a status: X(symbol, parameters). */
#define CUDNN_FUNCTIONS(X)                                                                                                     \
  X(cudnnCreate, (Handle * handle))                                                                                            \
  X(cudnnDestroy, (Handle handle))                                                                                             \
  X(cudnnSetStream, (Handle handle, cuda::CUstream stream))                                                                    \
  X(cudnnBackendCreateDescriptor, (int type, Descriptor* descriptor))                                                          \
  X(cudnnBackendDestroyDescriptor, (Descriptor descriptor))                                                                    \
  X(cudnnBackendFinalize, (Descriptor descriptor))                                                                             \
  X(cudnnBackendSetAttribute, (Descriptor descriptor, int name, int type, int64_t count, const void* elements))                \
  X(cudnnBackendGetAttribute,                                                                                                  \
    (Descriptor descriptor, int name, int type, int64_t wanted, int64_t* count, void* elements))                               \
  X(cudnnBackendExecute, (Handle handle, Descriptor plan, Descriptor variantPack))

/** 92400 is 9.24.0. */
using GetVersion = size_t();
using GetErrorString = const char*(Status status);

}  // namespace cudnn
