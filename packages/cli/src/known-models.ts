import { type Device, type StateValue, unknownName } from "@vertebra/core";
import { type Classifier, createModel, findModel, listModels, type ModelFacts } from "@vertebra/models";
import { asUsageError } from "./usage-error";

/** What is published about a model. @throws UsageError naming the nearest model. */
export function factsOf(where: string, name: string): ModelFacts {
  if (!listModels().includes(name)) throw asUsageError(unknownName(where, "MODEL", name, listModels()));
  return findModel(name).facts;
}

export interface ModelSizes {
  readonly numClasses: number;
  readonly inChannels: number;
}

/**
 * The sizes a model must have for these weights: the classifier is a model's last parameter, the first convolution its first.
 * Sizes that the weights don't tell are the model's own.
 */
export function sizesFor(
  { name, numClasses, inputShape }: ModelFacts,
  weights: ReadonlyMap<string, StateValue>,
  device: Device,
): ModelSizes {
  const parameters = createModel(name, { device }).namedParameters();
  const shapeOf = (index: number) => weights.get(parameters.at(index)?.[0] ?? "")?.shape;
  return { numClasses: shapeOf(-1)?.[0] ?? numClasses, inChannels: shapeOf(0)?.[1] ?? inputShape[0] };
}

export const buildModel = (name: string, sizes: ModelSizes, device: Device): Classifier =>
  createModel(name, { ...sizes, device });
