import { type Module, unknownName } from "@vertebra/core";
import type { ModelFactory, ModelOptions } from "./define-model";
import { LENETS } from "./lenet";
import { RESNETS } from "./resnet";

/** Every model, in the order of the docs. A table, so that importing one family imports no other. */
const MODELS: readonly ModelFactory[] = [...LENETS, ...RESNETS];

/** Names of all models. */
export const listModels = (): string[] => MODELS.map(({ facts }) => facts.name);

/** The factory of a model, with its published facts. @throws ArgumentError naming the nearest name for an unknown one. */
export function findModel(name: string): ModelFactory {
  const found = MODELS.find(({ facts }) => facts.name === name);
  if (!found) throw unknownName("createModel", "model", name, listModels());
  return found;
}

/** Builds a model by name. @throws ArgumentError naming the nearest name for an unknown one. */
export const createModel = (name: string, options: ModelOptions = {}): Module => findModel(name)(options);
