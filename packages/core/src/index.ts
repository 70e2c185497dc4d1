export { apply, applyFused } from "./apply";
export { type AutocastOptions, autocast } from "./autocast";
export {
  type BackwardOptions,
  backward,
  customVjp,
  Gradients,
  grad,
  noGrad,
  requireGrad,
  type Trainable,
  valueAndGrad,
} from "./autograd";
export type { Backend, Buffer, Device, FusedKernels, Kernel, Kernels, MemoryInfo, Operand, SkippedBackend } from "./backend";
export { meta, openMeta } from "./backends/meta";
export { checkpoint } from "./checkpoint";
export { currentDevice, firstAvailable, setDevice, withDevice } from "./device";
export * from "./dtype";
export * from "./errors";
export {
  type AdaptiveSize,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  adaptiveMaxPool2dWithIndices,
} from "./functional/adaptivePool2d";
export { amin } from "./functional/amin";
export { type AvgPool2dOptions, avgPool2d } from "./functional/avgPool2d";
export { type BatchNormOptions, batchNorm } from "./functional/batchNorm";
export { type BceWithLogitsOptions, bceWithLogits } from "./functional/bceWithLogits";
export { constantVector } from "./functional/constant";
export { full, ones, onesLike, zeros, zerosLike } from "./functional/creation";
export { type CrossEntropyOptions, crossEntropy } from "./functional/crossEntropy";
export {
  type DropoutOptions,
  dropout,
  type StochasticDepthMode,
  type StochasticDepthOptions,
  stochasticDepth,
} from "./functional/dropout";
export { flatten } from "./functional/flatten";
export { type InterpolateOptions, interpolate } from "./functional/interpolate";
export { linear } from "./functional/linear";
export { type LocalResponseNormOptions, localResponseNorm } from "./functional/localResponseNorm";
export { logSumExp } from "./functional/logSumExp";
export { type ExtremeOptions, max, min } from "./functional/max";
export { type MaxPool2dOptions, maxPool2d, maxPool2dWithIndices } from "./functional/maxPool2d";
export { mean } from "./functional/mean";
export { type LossOptions, mseLoss } from "./functional/mseLoss";
export { type NllLossOptions, nllLoss } from "./functional/nllLoss";
export { type NormOptions, norm } from "./functional/norm";
export { normalizeByBatch } from "./functional/normalizeByBatch";
export { oneHot } from "./functional/oneHot";
export { productGrad } from "./functional/productGrad";
export type { Reduction } from "./functional/reduction";
export { select } from "./functional/select";
export { chunk, split } from "./functional/split";
export { squeeze, unsqueeze } from "./functional/squeeze";
export { stack } from "./functional/stack";
export { sumTo } from "./functional/sumTo";
export { transpose } from "./functional/transpose";
export { std, type VarianceOptions, variance } from "./functional/variance";
export { setFusion, withFusion } from "./fusion";
export { generatorState, manualSeed } from "./generator";
export { type GradcheckOptions, gradcheck } from "./gradcheck";
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
export type { KeyRename, KeyTable } from "./io/key-table";
export type { NamedWeights, NameWeightsOptions } from "./io/name-weights";
export { NPY_DTYPES, readNpy, writeNpy } from "./io/npy";
export { nameWeights, openNpz, openPth, openSafetensorsShards, openSource, openWeights } from "./io/on-demand";
export type { OpenWeightsOptions, WeightsFile } from "./io/open-weights";
export { fromBytes, type RandomAccess, readExactly } from "./io/random-access";
export { readWeights } from "./io/read-weights";
export {
  layoutSafetensors,
  openSafetensors,
  openSafetensorsBytes,
  readSafetensors,
  type SafetensorsContents,
  type SafetensorsFile,
  type SafetensorsLayout,
  writeSafetensors,
} from "./io/safetensors";
export type { OpenSibling } from "./io/safetensors-shards";
export type { TensorEntry, TensorFile } from "./io/tensor-file";
export type { AddressLike, BlobLike, OpenedSource, WeightsSource } from "./io/weights-source";
export { currentLayer, type LayerPath } from "./layer-path";
export { checkLeaks } from "./leaks";
export { networkDepth } from "./lint/depth";
export { type LintFinding, type LintOptions, type LintReport, lint } from "./lint/lint";
export { type ReceptiveField, receptiveFields } from "./lint/receptive-field";
export type { LintRule, Severity } from "./lint/rule";
export { LINT_RULES, type LintRuleName } from "./lint/rules/index";
export { adaptInputChannels } from "./nn/adapt-input";
export { chain, type Step } from "./nn/chain";
export * from "./nn/init";
export {
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  type InplaceOption,
  LeakyReLU,
  Mish,
  ReLU,
  ReLU6,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from "./nn/layers/activations";
export { BatchNorm2d, type BatchNorm2dOptions } from "./nn/layers/batch-norm";
export { ConvNormAct, type ConvNormActOptions } from "./nn/layers/conv-norm-act";
export { Conv2d, type Conv2dLayerOptions } from "./nn/layers/conv2d";
export { Dropout, StochasticDepth } from "./nn/layers/dropout";
export { Flatten } from "./nn/layers/flatten";
export { Identity } from "./nn/layers/identity";
export { Linear, type LinearOptions } from "./nn/layers/linear";
export { LocalResponseNorm } from "./nn/layers/local-response-norm";
export { AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d } from "./nn/layers/pooling";
export { Sequential } from "./nn/layers/sequential";
export { asLayer, Module } from "./nn/module";
export { buffer, parameter, seedInit } from "./nn/parameter";
export { type PlusOptions, plus } from "./nn/plus";
export {
  type LoadFileOptions,
  type LoadOptions,
  type LoadReport,
  type ModuleState,
  requireFit,
  type StateSource,
  type StateValue,
} from "./nn/state-dict";
export { type LayerCall, type LayerObserver, type Observer, type OpCall, observe, observeLayers } from "./observe";
export type { AttrsOf, Op, Precision } from "./op";
export * from "./ops/activation-grads";
export { adagradStep } from "./ops/adagradStep";
export { adamStep } from "./ops/adamStep";
export { amax } from "./ops/amax";
export { argmax } from "./ops/argmax";
export { batchNormTrain } from "./ops/batchNormTrain";
export { batchNormTrainGrad } from "./ops/batchNormTrainGrad";
export { add, div, equal, greater, greaterEqual, less, lessEqual, maximum, minimum, mul, notEqual, pow, sub } from "./ops/binary";
export { concat } from "./ops/concat";
export { type Conv2dAttrs, type Conv2dOptions, conv2d, conv2dOutputShape, type Padding4, toPadding4 } from "./ops/conv2d";
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
export { type PadGradAttrs, padGrad } from "./ops/padGrad";
export { permute } from "./ops/permute";
export { prod } from "./ops/prod";
export { prodGrad } from "./ops/prodGrad";
export { resample2d } from "./ops/resample2d";
export { reshape } from "./ops/reshape";
export { rmspropStep } from "./ops/rmspropStep";
export { scaleShift } from "./ops/scaleShift";
export { type ScatterAddAttrs, scatterAdd } from "./ops/scatterAdd";
export { sgdStep } from "./ops/sgdStep";
export { slice, sliceAxis } from "./ops/slice";
export { sliceGrad } from "./ops/sliceGrad";
export { softmax } from "./ops/softmax";
export { type ReduceOptions, sum } from "./ops/sum";
export { toDtype } from "./ops/toDtype";
export { topK } from "./ops/topK";
export * from "./ops/unary";
export { uniform } from "./ops/uniform";
export { type UpdateRunningStatsAttrs, updateRunningStats } from "./ops/updateRunningStats";
export { transposeWindows, type WeightedWindows, type Windows, weightedWindows } from "./ops/windows";
export { type AdagradOptions, adagrad } from "./optim/adagrad";
export { type AdamOptions, adam, adamW } from "./optim/adam";
export { clipGradNorm, clipGradValue } from "./optim/clip-grad";
export { Ema, updateEma } from "./optim/ema";
export { LossScaler, type LossScalerOptions, type LossScalerState } from "./optim/loss-scaler";
export {
  type ActiveGroup,
  Optimizer,
  type OptimizerTargets,
  type ParameterGroup,
  type StepOptions,
  type StepRule,
  type TrainedParameter,
} from "./optim/optimizer";
export { type RmspropOptions, rmsprop } from "./optim/rmsprop";
export { constantLr, exponentialLr, linearLr, multiStepLr, polynomialLr, type Schedule, stepLr } from "./optim/schedules";
export { chainedLr, sequentialLr, withWarmup } from "./optim/schedules-compose";
export { cosineLr, cosineWarmRestartsLr, oneCycleLr } from "./optim/schedules-cosine";
export { type SgdOptions, sgd } from "./optim/sgd";
export { Philox } from "./random";
export { currentScope, type Disposable, Scope, scope, scoped, unscoped } from "./scope";
export type { Pair, Shape, TensorSpec } from "./shape";
export { countElements, isSameShape } from "./shape";
export { type LayerSummary, type ModelSummary, summarize } from "./summary";
export { type NestedNumbers, Tensor, type TensorOptions, tensor } from "./tensor";
