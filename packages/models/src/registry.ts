import { unknownName } from "@vertebra/core";
import { ALEXNETS } from "./alexnet";
import type { Classifier } from "./classifier";
import type { ModelFactory, ModelOptions } from "./define-model";
import { DENSENETS } from "./densenet";
import { EFFICIENTNETS } from "./efficientnet";
import { GOOGLENETS } from "./googlenet";
import { INCEPTION_RESNET_V2S } from "./inception-resnet-v2";
import { INCEPTION_V2S } from "./inception-v2";
import { INCEPTION_V3S } from "./inception-v3";
import { INCEPTION_V4S } from "./inception-v4";
import { LENETS } from "./lenet";
import { RESNETS } from "./resnet";
import { CIFAR_RESNETS } from "./resnet-cifar";
import { VGGS } from "./vgg";

/** Every model, in the order of the docs. A table, so that importing one family imports no other. */
const MODELS: readonly ModelFactory[] = [
  ...LENETS,
  ...ALEXNETS,
  ...VGGS,
  ...GOOGLENETS,
  ...INCEPTION_V2S,
  ...INCEPTION_V3S,
  ...INCEPTION_V4S,
  ...INCEPTION_RESNET_V2S,
  ...RESNETS,
  ...CIFAR_RESNETS,
  ...DENSENETS,
  ...EFFICIENTNETS,
];

/** Names of all models. */
export const listModels = (): string[] => MODELS.map(({ facts }) => facts.name);

/** The factory of a model, with its published facts. @throws ArgumentError naming the nearest name for an unknown one. */
export const findModel = (name: string): ModelFactory => lookUp("findModel", name);

/** Builds a model by name. @throws ArgumentError naming the nearest name for an unknown one. */
export const createModel = (name: string, options: ModelOptions = {}): Classifier => lookUp("createModel", name)(options);

function lookUp(where: string, name: string): ModelFactory {
  const found = MODELS.find(({ facts }) => facts.name === name);
  if (!found) throw unknownName(where, "model", name, listModels());
  return found;
}
