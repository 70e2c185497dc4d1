import { type Device, nameWeights, openMeta, readWeights, type TensorFile, unknownName } from "@vertebra/core";
import { type Classifier, createModel, findModel, listModels, type ModelFacts, optionsFor } from "@vertebra/models";
import { loadWeights } from "./training/checkpoint";
import { asUsageError } from "./usage-error";
import { type BuildOptions, readWeightsMetadata } from "./weights-metadata";

/** What is published about a model. @throws UsageError naming the nearest model. */
export function factsOf(where: string, name: string): ModelFacts {
  if (!listModels().includes(name)) throw asUsageError(unknownName(where, "MODEL", name, listModels()));
  return findModel(name).facts;
}

export interface ModelSizes {
  readonly numClasses: number;
  readonly inChannels: number;
}

export const buildModel = (name: string, sizes: ModelSizes, device: Device): Classifier =>
  createModel(name, { ...sizes, device });

/** The model that weights need: its sizes, and whatever options the project they are from builds it with. */
export interface FittingModel extends ModelSizes {
  /** Besides sizes; auxiliary classifiers, which only training needs, are left out. */
  readonly options: BuildOptions;
  /** What was done to the file's names and tensors. */
  readonly rules: readonly string[];
}

export interface FittingOptions {
  /** Where the file is, for messages. */
  readonly path: string;
  readonly ema?: boolean | undefined;
  readonly numClasses?: number | undefined;
}

/**
 * The sizes and options that a model must have for these weights: classes from its classifier, channels from its first
 * convolution. What the weights don't tell is the model's own.
 */
export async function fittingModel(
  { name, numClasses, inputShape }: ModelFacts,
  file: TensorFile,
  { path, ema, ...asked }: FittingOptions,
): Promise<FittingModel> {
  const device = openMeta();
  const written = readWeightsMetadata(path, file.metadata).options ?? {};
  const probe = async (options: BuildOptions) => {
    const model = createModel(name, { ...WITHOUT_AUX, ...options, device });
    return { model, named: await nameWeights(file, path, { model, ema }) };
  };
  const first = await probe(written);
  const options = { ...optionsFor(first.named.rules), ...written };
  // Built with options, a model may have other names: only then all tables find what they are for.
  const { model, named } = Object.keys(options).length > Object.keys(written).length ? await probe(options) : first;
  const shapeOf = (key: string | undefined) => (key === undefined ? undefined : named.entries.get(key)?.shape);
  const [classifier] = model.classifierNames();
  return {
    numClasses: asked.numClasses ?? shapeOf(classifier && `${classifier}.weight`)?.[0] ?? numClasses,
    inChannels: shapeOf(model.namedParameters()[0]?.[0])?.[1] ?? inputShape[0],
    options,
    rules: named.rules,
  };
}

const WITHOUT_AUX: BuildOptions = { auxLogits: false };

export const buildFitting = (name: string, { numClasses, inChannels, options }: FittingModel, device: Device): Classifier =>
  createModel(name, { ...WITHOUT_AUX, ...options, numClasses, inChannels, device });

/** Reads a file's weights into a model. @throws ArgumentError naming the file and all that doesn't fit. */
export async function readInto(
  model: Classifier,
  file: TensorFile,
  { path, ema, strict = true }: FittingOptions & { readonly strict?: boolean },
) {
  const named = await nameWeights(file, path, { model, ema });
  return { ...loadWeights(path, model, await readWeights(named, path), { strict }), rules: named.rules };
}
