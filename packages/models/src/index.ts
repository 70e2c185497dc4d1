export * from "./alexnet";
export { BLOCKS, type BlockFactory } from "./block-registry";
export type { ActivationName, GateName } from "./blocks/activation";
export { BasicBlock, type BasicBlockOptions } from "./blocks/basic-block";
export { BasicConv2d, type BasicConv2dOptions } from "./blocks/basic-conv2d";
export { Bottleneck, type BottleneckOptions } from "./blocks/bottleneck";
export { DenseBlock, type DenseBlockOptions } from "./blocks/dense-block";
export { DenseLayer, type DenseLayerOptions } from "./blocks/dense-layer";
export type { GoogLeNetForm } from "./blocks/googlenet-conv";
export { Inception, type InceptionOptions } from "./blocks/inception";
export { InceptionA, type InceptionAOptions } from "./blocks/inception-a";
export { InceptionAux, type InceptionAuxOptions } from "./blocks/inception-aux";
export { InceptionB, type InceptionBOptions } from "./blocks/inception-b";
export { InceptionC, type InceptionCOptions } from "./blocks/inception-c";
export { InceptionD, type InceptionDOptions } from "./blocks/inception-d";
export { InceptionE, type InceptionEOptions } from "./blocks/inception-e";
export { InceptionV3Aux, type InceptionV3AuxOptions } from "./blocks/inception-v3-aux";
export {
  KerasResNeXtBlock,
  type KerasResNeXtBlockOptions,
  type KerasResNeXtStackOptions,
  kerasResNeXtStack,
} from "./blocks/keras-resnext";
export { MBConv, type MBConvOptions } from "./blocks/mb-conv";
export { PreActBasicBlock, type PreActBasicBlockOptions } from "./blocks/pre-act-basic-block";
export { PreActBottleneck, type PreActBottleneckOptions } from "./blocks/pre-act-bottleneck";
export { Residual, type ResidualOptions, type ResnetBlockOptions, resnetBlock } from "./blocks/residual";
export { SamePadConv2d } from "./blocks/same-pad-conv2d";
export type { ResidualBlockOptions, ShortcutForm } from "./blocks/shortcut";
export { SqueezeExcitation, type SqueezeExcitationOptions } from "./blocks/squeeze-excitation";
export { Subsampling } from "./blocks/subsampling";
export { Transition, type TransitionOptions } from "./blocks/transition";
export { type AuxOutput, Classifier } from "./classifier";
export {
  defineModel,
  type ModelFactory,
  type ModelFacts,
  type ModelFamily,
  type ModelOptions,
  type OwnOptionNames,
  type WeightsFacts,
} from "./define-model";
export * from "./densenet";
export * from "./efficientnet";
export { FeaturePyramid } from "./feature-pyramid";
export * from "./googlenet";
export { IMAGENET_CLASSES } from "./imagenet-classes";
export * from "./inception-resnet-v2";
export * from "./inception-v2";
export * from "./inception-v3";
export * from "./inception-v4";
export * from "./lenet";
export type { AnyOptionNames, OptionNames } from "./option-names";
export { IMAGENET_PREPROCESSING, type Preprocessing } from "./preprocessing";
export { createModel, findModel, listModels } from "./registry";
export * from "./resnet";
export * from "./resnet-cifar";
export { type StageSummary, summarizeStages } from "./stage-summary";
export type { Stage, StageOptions } from "./stages";
export * from "./vgg";
export { KEY_TABLES, optionsFor } from "./weights/key-tables";
export type { ModelKeyTable } from "./weights/model-key-table";
