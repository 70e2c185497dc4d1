export * from "./autograd";
export type { Backend, Buffer, Device, FusedKernels, Kernel, Kernels, MemoryInfo, Operand, SkippedBackend } from "./backend";
export { meta, openMeta } from "./backends/meta";
export { currentDevice, firstAvailable, setDevice, withDevice } from "./device";
export * from "./dtype";
export * from "./errors";
export { full, ones, onesLike, zeros, zerosLike } from "./functional/creation";
export { linear } from "./functional/linear";
export { mean } from "./functional/mean";
export { normalizeByBatch } from "./functional/normalizeByBatch";
export { productGrad } from "./functional/productGrad";
export { sumTo } from "./functional/sumTo";
export {
  concatBytes,
  type FileDType,
  fileDTypeBytes,
  fileTensorBytes,
  type HostTensor,
  type MemoryTensor,
  toInt64,
  toMemoryTensor,
} from "./io/host-tensor";
export { NPY_DTYPES, readNpy, writeNpy } from "./io/npy";
export { fromBytes, type RandomAccess, readExactly } from "./io/random-access";
export {
  openSafetensors,
  openSafetensorsBytes,
  readSafetensors,
  type SafetensorsContents,
  type SafetensorsFile,
  writeSafetensors,
} from "./io/safetensors";
export { checkLeaks } from "./leaks";
export * from "./nn/init";
export { Linear } from "./nn/layers/linear";
export { chain, Sequential, type Step } from "./nn/layers/sequential";
export { Module } from "./nn/module";
export { buffer, parameter, seedInit } from "./nn/parameter";
export type { LoadOptions, LoadReport, StateSource, StateValue } from "./nn/state-dict";
export { type Observer, type OpCall, observe } from "./observe";
export type { AttrsOf, Op } from "./op";
export * from "./ops/activation-grads";
export { adagradStep } from "./ops/adagradStep";
export { adamStep } from "./ops/adamStep";
export { amax } from "./ops/amax";
export { argmax } from "./ops/argmax";
export { batchNormTrain } from "./ops/batchNormTrain";
export { batchNormTrainGrad } from "./ops/batchNormTrainGrad";
export { add, div, equal, greater, greaterEqual, less, lessEqual, maximum, minimum, mul, notEqual, pow, sub } from "./ops/binary";
export { concat } from "./ops/concat";
export { type Conv2dAttrs, type Conv2dOptions, conv2d, type Padding4, toPadding4 } from "./ops/conv2d";
export { type Conv2dInputGradAttrs, conv2dInputGrad } from "./ops/conv2dInputGrad";
export { type Conv2dWeightGradAttrs, conv2dWeightGrad } from "./ops/conv2dWeightGrad";
export { copyInto } from "./ops/copyInto";
export { type ElementwiseOp, type Params, where } from "./ops/elementwise";
export { expand } from "./ops/expand";
export { gather } from "./ops/gather";
export {
  ELEMENTWISE,
  type ElementwiseName,
  type FusedActivation,
  type FusedTable,
  type KernelTable,
  OPS,
  type OpName,
  PRIMITIVES,
  type PrimitiveName,
} from "./ops/index";
export { logSoftmax } from "./ops/logSoftmax";
export { type MatmulAttrs, matmul } from "./ops/matmul";
export { maxPool2dWindows } from "./ops/maxPool2d";
export { type PadMode, type PadOptions, pad } from "./ops/pad";
export { padGrad } from "./ops/padGrad";
export { permute } from "./ops/permute";
export { prod } from "./ops/prod";
export { prodGrad } from "./ops/prodGrad";
export { resample2d } from "./ops/resample2d";
export { reshape } from "./ops/reshape";
export { rmspropStep } from "./ops/rmspropStep";
export { scaleShift } from "./ops/scaleShift";
export { scatterAdd } from "./ops/scatterAdd";
export { sgdStep } from "./ops/sgdStep";
export { slice, sliceAxis } from "./ops/slice";
export { sliceGrad } from "./ops/sliceGrad";
export { softmax } from "./ops/softmax";
export { type ReduceOptions, sum } from "./ops/sum";
export { toDtype } from "./ops/toDtype";
export { topK } from "./ops/topK";
export * from "./ops/unary";
export { uniform } from "./ops/uniform";
export { transposeWindows, type WeightedWindows, type Windows, weightedWindows } from "./ops/windows";
export { constantLr, exponentialLr, linearLr, multiStepLr, polynomialLr, type Schedule, stepLr } from "./optim/schedules";
export { chainedLr, sequentialLr, withWarmup } from "./optim/schedules-compose";
export { cosineLr, cosineWarmRestartsLr, oneCycleLr } from "./optim/schedules-cosine";
export { Philox } from "./random";
export { type Disposable, Scope, scope, scoped, unscoped } from "./scope";
export type { Pair, Shape, TensorSpec } from "./shape";
export { countElements, isSameShape } from "./shape";
export { type NestedNumbers, Tensor, type TensorOptions, tensor } from "./tensor";
