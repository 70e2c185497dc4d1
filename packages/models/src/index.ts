export { BasicBlock, type BasicBlockOptions } from "./blocks/basic-block";
export { Bottleneck, type BottleneckOptions } from "./blocks/bottleneck";
export { type AuxOutput, Classifier } from "./classifier";
export {
  defineModel,
  type ModelFactory,
  type ModelFacts,
  type ModelFamily,
  type ModelOptions,
  type WeightsFacts,
} from "./define-model";
export { FeaturePyramid } from "./feature-pyramid";
export * from "./lenet";
export { IMAGENET_PREPROCESSING, type Preprocessing } from "./preprocessing";
export { createModel, findModel, listModels } from "./registry";
export * from "./resnet";
export type { Stage, StageOptions } from "./stages";
