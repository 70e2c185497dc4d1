export { BasicBlock, type BasicBlockOptions } from "./blocks/basic-block";
export { Bottleneck, type BottleneckOptions } from "./blocks/bottleneck";
export { defineModel, type ModelFactory, type ModelFacts, type ModelOptions } from "./define-model";
export { LeNet5, type LeNet5Options, lenet5 } from "./lenet";
export { createModel, findModel, listModels } from "./registry";
export {
  ResNet,
  type ResNetOptions,
  type ResNetVariant,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  wide_resnet50_2,
  wide_resnet101_2,
} from "./resnet";
